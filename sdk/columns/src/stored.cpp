// SPDX-License-Identifier: Apache-2.0
#include "sluice/columns/stored.hpp"

#include "payload_fields.hpp"

namespace sluice {
inline namespace v1 {
namespace columns {

Stored::Stored(const Mapping& mapping, std::span<const sluice_str> fields) {
  for (size_t i = 0; i < mapping.size(); ++i) {
    const Column& column = mapping.columns()[i];
    std::vector<std::string> found = fields_of(column, fields);
    if (!found.empty() && column.type.kind != TypeKind::date) parts_.push_back({i, column.type.kind, std::move(found)});
  }
}

void Stored::append(std::span<const std::optional<std::string_view>> values, std::string& json) const {
  json += '{';
  for (size_t i = 0; i < parts_.size(); ++i) {
    if (!values[i]) continue;
    for (const std::string& field : parts_[i].fields) {
      add_field(field, json);
      if (is_whole_number(parts_[i].kind) || parts_[i].is_time()) {
        json += *values[i];
      } else {
        append_json_string(*values[i], json);
      }
    }
  }
  json += '}';
}

}  // namespace columns
}  // namespace v1
}  // namespace sluice
