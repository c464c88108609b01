// SPDX-License-Identifier: Apache-2.0
// Rows to the binary arrays that a prepared statement takes, one array a column, in memory that is reused from
// statement to statement. The bytes stay valid until the next encode.
#pragma once
#include <span>
#include <vector>

#include "bytes.hpp"
#include "sluice/columns/mapping.hpp"
#include "sluice/columns/rows.hpp"

namespace sluice::timescale {

class Arrays {
 public:
  /// The mapping must outlive the arrays.
  explicit Arrays(const columns::Mapping& mapping) : mapping_(&mapping), columns_(mapping.size()) {}
  /// These rows, in this order.
  void encode(const columns::Rows& rows, std::span<const uint32_t> which);
  void clear() {
    for (Bytes& column : columns_) column.clear();
  }
  std::span<const uint8_t> operator[](size_t column) const { return columns_[column].span(); }

 private:
  const columns::Mapping* mapping_;
  std::vector<Bytes> columns_;
};

}  // namespace sluice::timescale
