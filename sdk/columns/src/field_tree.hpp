// SPDX-License-Identifier: Apache-2.0
// Which keys of an object matter, and to which columns: built once from the mapping, asked for every key of every
// payload. A lookup goes by the key's first byte and then compares the few keys that share it. Internal.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/columns/mapping.hpp"

namespace sluice {
inline namespace v1 {
namespace columns {

class FieldTree {
 public:
  struct Use {
    uint16_t column;
    uint16_t rank;  ///< 0 is the column's first choice
    bool whole;     ///< wants the raw JSON of objects and arrays too
  };
  struct Field {
    std::string key;
    std::vector<Use> uses;
    uint16_t level = 0;  ///< of the object behind this key; 0: no column looks into it
    uint16_t next = 0;   ///< the next field with the same first byte, plus one
  };

  explicit FieldTree(const Mapping& mapping) : levels_(1) {
    for (size_t c = 0; c < mapping.size(); ++c) {
      const Column& column = mapping.columns()[c];
      const bool whole = column.type.kind == TypeKind::json || column.type.kind == TypeKind::jsonb;
      for (size_t rank = 0; rank < column.paths.size(); ++rank) {
        const std::vector<std::string>& path = column.paths[rank];
        uint16_t level = 0;
        for (size_t k = 0; k + 1 < path.size(); ++k) level = child(level, path[k]);
        fields_[field(level, path.back())].uses.push_back(
            {static_cast<uint16_t>(c), static_cast<uint16_t>(rank), whole});
      }
    }
  }
  const Field* find(uint16_t level, std::string_view key) const {
    if (key.empty()) return nullptr;
    uint16_t index = levels_[level].first[static_cast<unsigned char>(key.front())];
    while (index != 0) {
      const Field& candidate = fields_[index - 1u];
      // Their first bytes are equal already, and most keys have no more.
      if (candidate.key.size() == key.size() && (key.size() == 1 || candidate.key == key)) return &candidate;
      index = candidate.next;
    }
    return nullptr;
  }

 private:
  struct Level {
    std::array<uint16_t, 256> first{};
  };
  size_t field(uint16_t level, const std::string& key) {
    if (const Field* found = find(level, key)) return static_cast<size_t>(found - fields_.data());
    uint16_t& head = levels_[level].first[static_cast<unsigned char>(key.front())];
    fields_.push_back({key, {}, 0, head});
    head = static_cast<uint16_t>(fields_.size());
    return fields_.size() - 1;
  }
  uint16_t child(uint16_t level, const std::string& key) {
    const size_t index = field(level, key);
    if (fields_[index].level == 0) {
      fields_[index].level = static_cast<uint16_t>(levels_.size());
      levels_.emplace_back();
    }
    return fields_[index].level;
  }
  std::vector<Level> levels_;
  std::vector<Field> fields_;
};

}  // namespace columns
}  // namespace v1
}  // namespace sluice
