// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <set>

#include "loader/plugin.hpp"

namespace sluice::engine {
namespace {

constexpr uint64_t max_types = 1'000;
constexpr uint64_t max_text_bytes = 16'384;
// The structs of version 1.0: what every plugin has at least. Optional slots of a node type may be left off its end.
constexpr size_t least_plugin_bytes = offsetof(sluice_plugin, type_count) + sizeof(sluice_plugin::type_count);
constexpr size_t least_type_bytes = offsetof(sluice_node_type, close) + sizeof(sluice_node_type::close);

bool readable(const sluice_str& text) {
  return text.size == 0 || (text.data != nullptr && text.size <= max_text_bytes);
}

/// As much as both sides know; the rest is zero.
template <typename T>
T full_size(const void* from, uint32_t struct_size) {
  T copy{};
  std::memcpy(&copy, from, std::min<size_t>(struct_size, sizeof copy));
  return copy;
}

uint32_t size_at(const void* raw) {
  uint32_t size = 0;
  std::memcpy(&size, raw, sizeof size);
  return size;
}

std::vector<std::string> missing_slots(const sluice_node_type& slots) {
  std::vector<std::string> missing;
  const auto need = [&](bool there, const char* name) {
    if (!there) missing.emplace_back(name);
  };
  const bool emits = slots.kind == SLUICE_SOURCE || slots.kind == SLUICE_RELAY;
  need(slots.describe != nullptr, "describe");
  need(slots.open != nullptr, "open");
  need(slots.close != nullptr, "close");
  if (emits) need(slots.poll != nullptr, "poll");
  if (emits) need(slots.wake != nullptr, "wake");
  if (slots.kind != SLUICE_SOURCE) need(slots.process != nullptr, "process");
  return missing;
}

class Copier {
 public:
  explicit Copier(Plugin& plugin) : plugin_(plugin) {}

  /// What is wrong, a sentence each.
  std::vector<std::string> copy(const sluice_plugin* raw) {
    if (raw == nullptr) return {"its entry function gave nothing back"};
    if (reinterpret_cast<uintptr_t>(raw) % alignof(sluice_plugin) != 0)
      return {"its entry function gave a wild pointer"};
    const uint32_t bytes = size_at(raw);
    if (bytes < least_plugin_bytes)
      return {"its plugin struct says it has " + std::to_string(bytes) + " bytes, at least " +
              std::to_string(least_plugin_bytes) + " are needed"};
    const auto top = full_size<sluice_plugin>(raw, bytes);
    if (!readable(top.name) || !readable(top.version) || !readable(top.summary)) return {"its texts are unreadable"};
    plugin_.abi_minor = top.abi_minor;
    plugin_.name = to_view(top.name);
    plugin_.version = to_view(top.version);
    plugin_.summary = to_view(top.summary);
    if (const std::string stem = plugin_.path.stem().string(); stem != plugin_.name) {
      add("it calls itself \"" + plugin_.name + "\"; rename the file to " + plugin_.name + ".so, or the plugin to \"" +
          stem + "\"");
    }
    copy_types(top);
    return std::move(faults_);
  }

 private:
  void add(std::string sentence) { faults_.push_back(std::move(sentence)); }

  void copy_types(const sluice_plugin& top) {
    if (top.type_count == 0 || top.types == nullptr) return add("it provides no node types");
    if (top.type_count > max_types) return add("it claims " + std::to_string(top.type_count) + " node types");
    const uint32_t stride = size_at(top.types);
    if (stride < least_type_bytes || stride % alignof(sluice_node_type) != 0) {
      return add("its node types say they have " + std::to_string(stride) + " bytes, at least " +
                 std::to_string(least_type_bytes) + " are needed");
    }
    std::set<std::string> names;
    for (uint64_t i = 0; i < top.type_count; ++i) {
      const auto* at = reinterpret_cast<const unsigned char*>(top.types) + i * stride;
      if (size_at(at) != stride)
        return add("node type number " + std::to_string(i + 1) + " differs in its struct_size");
      copy_type(full_size<sluice_node_type>(at, stride), i, names);
    }
  }

  void copy_type(const sluice_node_type& slots, uint64_t index, std::set<std::string>& names) {
    if (!readable(slots.name) || !readable(slots.summary)) {
      return add("node type number " + std::to_string(index + 1) + " has unreadable texts");
    }
    NodeType& type = plugin_.types.emplace_back();
    type.name = to_view(slots.name);
    type.summary = to_view(slots.summary);
    type.kind = slots.kind;
    type.slots = slots;
    type.plugin = &plugin_;
    const std::string what = "node type \"" + type.name + "\"";
    if (!is_snake_case(type.name)) add(what + ": a name is lower-case letters, digits and underscores");
    if (!names.insert(type.name).second) add(what + " is provided twice");
    if (type.kind < SLUICE_SOURCE || type.kind > SLUICE_RELAY) {
      return add(what + " is of kind " + std::to_string(type.kind) + ", which this sluice does not know");
    }
    if (const auto missing = missing_slots(slots); !missing.empty()) {
      add(what + ", a " + std::string(kind_word(type.kind)) + ", lacks " + joined(missing));
    }
    Result<OptionTable> options = plugin_.copies.copy(slots.options, slots.option_count, slots.option_stride, what);
    if (!options) return add(options.error().message);
    type.options = *options;
    type.slots.options = type.options.data();
    type.slots.option_stride = sizeof(sluice_option);
    for (std::string& sentence : check_options(type.options, what)) add(std::move(sentence));
  }

  Plugin& plugin_;
  std::vector<std::string> faults_;
};

}  // namespace

std::string_view kind_word(uint32_t kind) {
  switch (kind) {
    case SLUICE_SOURCE:
      return "source";
    case SLUICE_TRANSFORM:
      return "transform";
    case SLUICE_SINK:
      return "sink";
    case SLUICE_RELAY:
      return "relay";
    default:
      return "unknown";
  }
}

Result<std::unique_ptr<Plugin>> copy_plugin(const std::filesystem::path& path, const sluice_plugin* raw) {
  auto plugin = std::make_unique<Plugin>();
  plugin->path = path;
  const std::vector<std::string> faults = Copier(*plugin).copy(raw);
  if (faults.empty()) return plugin;
  constexpr size_t most_told = 5;
  std::string told;
  for (size_t i = 0; i < std::min(faults.size(), most_told); ++i) told += (i == 0 ? "" : "; ") + faults[i];
  if (faults.size() > most_told) told += "; and " + std::to_string(faults.size() - most_told) + " more";
  return bug(path.string() + " breaks the plugin contract: " + told);
}

}  // namespace sluice::engine
