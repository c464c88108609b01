// SPDX-License-Identifier: Apache-2.0
// Records of the exchange as columns of PostgreSQL's binary arrays, written by hand for the two tables and nothing
// else: members are taken by their place, decimals go from text to binary numeric without a double. Checks nothing that
// the exchange guarantees. One object is one batch of one table; `clear` keeps its memory.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::bench {

/// One parameter of the statement: an array of one dimension without nulls.
class Column {
 public:
  explicit Column(uint32_t element_type) : element_type_(element_type) { clear(); }
  void clear();
  void add_int8(int64_t value);
  void add_text(std::string_view value);
  void add_bool(bool value);
  void add_numeric(std::string_view text);
  /// With its head filled in; valid until the next call.
  std::string_view bytes(int32_t rows);

 private:
  uint32_t element_type_;
  std::string bytes_;
};

constexpr size_t columns = 7;

class Rows {
 public:
  enum class Table { trades, book_ticker };

  explicit Rows(Table table);
  void add(std::string_view record);
  void clear();
  int32_t count() const { return count_; }
  std::string_view column(size_t index) { return columns_[index].bytes(count_); }

 private:
  Table table_;
  std::array<Column, columns> columns_;
  int32_t count_ = 0;
};

}  // namespace sluice::bench
