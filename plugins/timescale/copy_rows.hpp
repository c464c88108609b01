// SPDX-License-Identifier: Apache-2.0
// Rows in the binary format of COPY: a header, each row with the number of its columns in front, a trailer. In memory
// that is reused from statement to statement; the bytes stay valid until the next encode.
#pragma once
#include <span>
#include <vector>

#include "bytes.hpp"
#include "sluice/columns/mapping.hpp"
#include "sluice/columns/rows.hpp"

namespace sluice::timescale {

class CopyRows {
 public:
  explicit CopyRows(const columns::Mapping& mapping);
  /// These rows, in this order.
  void encode(const columns::Rows& rows, std::span<const uint32_t> which);
  void clear() { bytes_.clear(); }
  std::span<const uint8_t> bytes() const { return bytes_.span(); }

 private:
  std::vector<columns::TypeKind> kinds_;
  Bytes bytes_;
};

}  // namespace sluice::timescale
