// SPDX-License-Identifier: Apache-2.0
// A value of a graph file with the place where it was written: the immutable tree between YAML and the spec.
// Keys are unique and in the order of the file; aliases and merge keys are already resolved; no tags, no cycles,
// bounded in size and depth. It holds text only: what the text means is for the reader of the key to say.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "place.hpp"

namespace sluice::engine {

struct YamlEntry;

struct YamlNode {
  enum class Kind : std::uint8_t { null, scalar, list, map };

  Kind kind = Kind::null;
  bool quoted = false;  // 'x', "x" or a block scalar
  bool secret = false;  // holds the contents of a ${file:...}: must never be printed
  Place place;
  std::string text;                // scalar
  std::vector<YamlNode> items;     // list
  std::vector<YamlEntry> entries;  // map

  bool is_null() const { return kind == Kind::null; }
  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_list() const { return kind == Kind::list; }
  bool is_map() const { return kind == Kind::map; }
  // The entry of a map, or null.
  const YamlEntry* find(std::string_view key) const;
};

struct YamlEntry {
  std::string key;
  Place key_place;
  YamlNode value;
};

// "a map", "a list", "a value" or "nothing", for sentences.
std::string_view kind_text(YamlNode::Kind kind);

}  // namespace sluice::engine
