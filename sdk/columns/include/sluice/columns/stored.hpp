// SPDX-License-Identifier: Apache-2.0
// The payloads that rows of a table once were, as far as its columns keep the fields that somebody asks for. Whole
// numbers stay numbers, times become microseconds since 1970, everything else texts. Where a column has several
// candidate fields, each of those asked for gets its value: a row does not say which one it came from. Pure.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/columns/mapping.hpp"

namespace sluice {
inline namespace v1 {
namespace columns {

class Stored {
 public:
  struct Part {
    size_t column = 0;  ///< position in the mapping
    TypeKind kind = TypeKind::text;
    std::vector<std::string> fields;
    bool is_time() const { return kind == TypeKind::timestamptz || kind == TypeKind::timestamp; }
  };

  Stored(const Mapping& mapping, std::span<const sluice_str> fields);
  /// Columns to read, in the order of the mapping; empty: the table keeps none of the fields.
  const std::vector<Part>& parts() const { return parts_; }
  /// Appends the JSON object of a row: a text for each part, nothing for NULL.
  void append(std::span<const std::optional<std::string_view>> values, std::string& json) const;

 private:
  std::vector<Part> parts_;
};

}  // namespace columns
}  // namespace v1
}  // namespace sluice
