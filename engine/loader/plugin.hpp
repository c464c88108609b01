// SPDX-License-Identifier: Apache-2.0
// A loaded plugin and the node types it provides, as full-size copies: a slot that the plugin does not have is null,
// however small its structs are. Everything here stays valid for the life of the process' use of it; the plugin's code
// is never unloaded. A plugin of a newer minor version is taken: fields are only ever appended, and what a plugin
// cannot do without, an option's kind for instance, is refused by name when this engine does not know it.
#pragma once
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "options/option_table.hpp"
#include "sluice/result.hpp"

namespace sluice::engine {

struct Plugin;

struct NodeType {
  std::string name;
  std::string summary;
  uint32_t kind = 0;         // SLUICE_SOURCE, ...
  OptionTable options;       // stride sizeof(sluice_option)
  sluice_node_type slots{};  // full size; options and option_stride are those of the copy
  const Plugin* plugin = nullptr;

  bool is_source() const { return kind == SLUICE_SOURCE; }
  bool is_sink() const { return kind == SLUICE_SINK; }
  bool is_relay() const { return kind == SLUICE_RELAY; }
};

struct Plugin {
  std::filesystem::path path;
  std::string name;
  std::string version;
  std::string summary;
  unsigned abi_major = 0;
  uint32_t abi_minor = 0;
  std::deque<NodeType> types;
  std::vector<std::string> warnings;
  OptionCopies copies;
};

/// "source", "transform", "sink" or "relay".
std::string_view kind_word(uint32_t kind);

/// Looks at the file, loads it, and copies and checks what it says of itself. The error is one sentence that begins
/// with the path and names everything that is wrong. Call it from one thread at a time.
Result<std::unique_ptr<Plugin>> load_plugin(const std::filesystem::path& path);

/// The part behind loading, on a plugin's struct: for tests too.
Result<std::unique_ptr<Plugin>> copy_plugin(const std::filesystem::path& path, const sluice_plugin* raw);

}  // namespace sluice::engine
