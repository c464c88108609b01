// SPDX-License-Identifier: Apache-2.0
// Fields of payloads that columns are read from, and payloads that are made of columns again. Inside the library.
#pragma once
#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/columns/mapping.hpp"
#include "sluice/json_string.hpp"
#include "sluice/text.hpp"

namespace sluice {
inline namespace v1 {
namespace columns {

inline bool is_one_of(std::span<const sluice_str> fields, std::string_view name) {
  return std::any_of(fields.begin(), fields.end(), [&](const sluice_str& field) { return to_view(field) == name; });
}

/// The fields of a payload that the column is read from, as far as they are among these.
inline std::vector<std::string> fields_of(const Column& column, std::span<const sluice_str> fields) {
  std::vector<std::string> found;
  for (const auto& path : column.paths) {
    if (path.size() == 1 && is_one_of(fields, path.front())) found.push_back(path.front());
  }
  return found;
}

inline bool is_whole_number(TypeKind kind) {
  return kind == TypeKind::bigint || kind == TypeKind::integer || kind == TypeKind::smallint;
}

/// The name, as a member of the object that is being written at the end of `json`.
inline void add_field(std::string_view field, std::string& json) {
  if (json.back() != '{') json += ',';
  append_json_string(field, json);
  json += ':';
}

}  // namespace columns
}  // namespace v1
}  // namespace sluice
