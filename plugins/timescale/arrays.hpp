// SPDX-License-Identifier: Apache-2.0
// Rows to the binary arrays that a prepared statement takes, one array a column, in memory that is reused from
// statement to statement: nothing is allocated once it is warm. The bytes stay valid until the next encode.
#pragma once
#include <memory>
#include <span>
#include <vector>

#include "sluice/columns/mapping.hpp"
#include "sluice/columns/rows.hpp"

namespace sluice::timescale {

/// Grows by doubling; what was written stays when it grows.
class Bytes {
 public:
  void clear() { size_ = 0; }
  /// At least `room` bytes behind what is there; `advance` tells how many were used.
  uint8_t* grow(size_t room);
  void advance(size_t count) { size_ += count; }
  uint8_t* data() const { return data_.get(); }
  size_t size() const { return size_; }
  /// Gives memory back that a rare large statement needed.
  void trim(size_t most);

 private:
  std::unique_ptr<uint8_t[]> data_;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

class Arrays {
 public:
  /// The mapping must outlive the arrays.
  explicit Arrays(const columns::Mapping& mapping) : mapping_(&mapping), columns_(mapping.size()) {}
  /// These rows, in this order.
  void encode(const columns::Rows& rows, std::span<const uint32_t> which);
  std::span<const uint8_t> operator[](size_t column) const {
    return {columns_[column].data(), columns_[column].size()};
  }
  size_t bytes() const;

 private:
  const columns::Mapping* mapping_;
  std::vector<Bytes> columns_;
};

/// PostgreSQL counts microseconds from 2000.
constexpr int64_t postgres_epoch_us = 946'684'800'000'000;

}  // namespace sluice::timescale
