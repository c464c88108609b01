// SPDX-License-Identifier: Apache-2.0
// The rows of one batch as typed values, row by row, in memory that is reused from batch to batch. Texts are views of
// the payloads or of the rows' own arena: valid until reset and as long as the batch is held. Not thread-safe.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "sluice/columns/arena.hpp"

namespace sluice {
inline namespace v1 {
namespace columns {

enum class ValueKind : uint8_t {
  null,
  text,     ///< text, json and jsonb, in `text`
  integer,  ///< bigint, integer and smallint, in `integer`
  boolean,  ///< in `integer`, 0 or 1
  decimal,  ///< canonical, in `text`; see decimal.hpp
  time,     ///< timestamptz and timestamp, in `integer`, microseconds since 1970 UTC
  real,     ///< double precision, and real already rounded to it, in `real`
  date,     ///< in `integer`, days since 1970
};

struct Value {
  std::string_view text{};
  union {
    int64_t integer = 0;
    double real;
  };
  ValueKind kind = ValueKind::null;
};

class Rows {
 public:
  void reset(size_t column_count) {
    columns_ = column_count;
    values_.clear();
    arena_.reset();
  }
  size_t size() const { return columns_ == 0 ? 0 : values_.size() / columns_; }
  std::span<const Value> operator[](size_t row) const { return {values_.data() + row * columns_, columns_}; }
  /// A new row of nulls.
  std::span<Value> append() {
    values_.resize(values_.size() + columns_);
    return {values_.data() + values_.size() - columns_, columns_};
  }
  void drop_last() { values_.resize(values_.size() - columns_); }
  Arena& arena() { return arena_; }

 private:
  size_t columns_ = 0;
  std::vector<Value> values_;
  Arena arena_;
};

}  // namespace columns
}  // namespace v1
}  // namespace sluice
