// SPDX-License-Identifier: Apache-2.0
#include "spec_reader.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "edge_reader.hpp"
#include "references.hpp"
#include "secret_words.hpp"
#include "setting_reader.hpp"
#include "source_mask.hpp"
#include "variables.hpp"
#include "yaml_document.hpp"

namespace sluice::engine {
namespace {

constexpr auto graph_keys =
    std::to_array<std::string_view>({"graph", "processes", "nodes", "edges", "require", "latency"});
constexpr auto process_keys = std::to_array<std::string_view>({"from", "http"});
constexpr auto guarantee_words =
    std::to_array<std::string_view>({"best_effort", "at_most_once", "at_least_once", "effectively_once"});

class SpecReader {
 public:
  SpecReader(const Environment& environment, Diagnostics& diagnostics)
      : settings_(environment, diagnostics), diagnostics_(diagnostics) {}

  GraphSpec read(const YamlNode& root) {
    if (!settings_.check_map(root, {1, 1}, {}, "a graph file", "graph: NAME, nodes: and edges:")) return {};
    settings_.check_keys(root, {}, "a graph", graph_keys);
    read_name(root);
    if (const YamlEntry* const e = root.find("processes")) read_processes(*e);
    if (const YamlEntry* const e = required(root, "nodes", "nodes: with one entry for each node")) read_nodes(*e);
    if (const YamlEntry* const e = required(root, "edges", "edges: with a list such as - a -> b")) read_edges(*e);
    if (const YamlEntry* const e = root.find("require")) read_require(*e);
    if (const YamlEntry* const e = root.find("latency")) spec_.latency = settings_.duration(e->value, {}, "latency");
    return std::move(spec_);
  }

 private:
  const YamlEntry* required(const YamlNode& root, std::string_view key, const std::string& what) {
    const YamlEntry* const entry = root.find(key);
    if (entry == nullptr) diagnostics_.error(Code::missing_key, root.place, {}, "the graph needs " + what);
    return entry;
  }

  void read_name(const YamlNode& root) {
    const YamlEntry* const entry = required(root, "graph", "a name: begin the file with graph: NAME");
    if (entry == nullptr) return;
    if (auto name = settings_.name(entry->value, {}, "graph", "a graph")) spec_.name = *std::move(name);
  }

  void read_processes(const YamlEntry& section) {
    if (!settings_.check_map(section.value, section.key_place, {}, "processes", "NAME: { from: NODE }")) return;
    for (const YamlEntry& entry : section.value.entries) {
      ProcessSpec process;
      process.name = {entry.key, entry.key_place};
      const std::string subject = process.subject();
      settings_.check_name(entry.key, entry.key_place, subject, "a process");
      if (!settings_.check_map(entry.value, entry.key_place, subject, "a process", "{ from: NODE }")) continue;
      settings_.check_keys(entry.value, subject, "a process", process_keys);
      read_from(entry, subject, process);
      read_http(entry.value, subject, process);
      spec_.processes.push_back(std::move(process));
    }
  }

  void read_from(const YamlEntry& entry, const std::string& subject, ProcessSpec& process) {
    const YamlEntry* const from = entry.value.find("from");
    if (from == nullptr || (from->value.is_list() && from->value.items.empty())) {
      diagnostics_.error(Code::missing_key, entry.key_place, subject,
                         "a process needs `from`, the node or the list of nodes that it begins with");
      return;
    }
    const auto add = [&](const YamlNode& node) {
      if (auto name = settings_.name(node, subject, "from", "a node")) process.from.push_back(*std::move(name));
    };
    if (!from->value.is_list()) return add(from->value);
    for (const YamlNode& item : from->value.items) add(item);
  }

  void read_http(const YamlNode& map, const std::string& subject, ProcessSpec& process) {
    const YamlEntry* const http = map.find("http");
    if (http == nullptr) return;
    if (!http->value.is_scalar()) {
      diagnostics_.error(
          Code::wrong_type, http->value.place, subject,
          "http is an address such as \"127.0.0.1:8081\", not " + std::string(kind_text(http->value.kind)));
      return;
    }
    check_tree(http->value, subject, diagnostics_);
    process.http = Placed<std::string>{http->value.text, http->value.place};
  }

  void read_nodes(const YamlEntry& section) {
    if (!settings_.check_map(section.value, section.key_place, {}, "nodes", "NAME: { type: TYPE, ... }")) return;
    if (section.value.entries.empty()) {
      diagnostics_.error(Code::missing_key, section.key_place, {}, "the graph declares no node");
    }
    for (const YamlEntry& entry : section.value.entries) read_node(entry);
  }

  void read_node(const YamlEntry& entry) {
    NodeSpec node;
    node.name = {entry.key, entry.key_place};
    const std::string subject = node.subject();
    settings_.check_name(entry.key, entry.key_place, subject, "a node");
    node.options.kind = YamlNode::Kind::map;
    node.options.place = entry.value.place;
    if (!settings_.check_map(entry.value, entry.key_place, subject, "a node", "{ type: TYPE, ... }")) {
      // The name is known all the same, so that edges to it are not called wrong.
      spec_.nodes.push_back(std::move(node));
      return;
    }
    if (const YamlEntry* const type = entry.value.find("type")) {
      if (auto name = settings_.name(type->value, subject, "type", "a node type")) node.type = *std::move(name);
    } else {
      std::string sentence = "a node needs `type`, such as type: batch";
      if (!spec_.nodes.empty()) {
        sentence += "; if this is an option of \"" + spec_.nodes.back().name.value + "\", indent it further";
      }
      diagnostics_.error(Code::missing_key, entry.key_place, subject, std::move(sentence));
    }
    for (const YamlEntry& option : entry.value.entries) {
      if (option.key == "type") continue;
      if (option.key == "in_flight") {
        node.in_flight = settings_.bounds(option, subject, false);
        continue;
      }
      check_tree(option.value, subject, diagnostics_, names_secret(option.key));
      node.options.entries.push_back(option);
    }
    spec_.nodes.push_back(std::move(node));
  }

  void read_edges(const YamlEntry& section) {
    if (!section.value.is_list()) {
      diagnostics_.error(
          Code::wrong_type, section.value.is_null() ? section.key_place : section.value.place, {},
          "edges is a list, not " + std::string(kind_text(section.value.kind)) + "; write each as an item: - a -> b");
      return;
    }
    for (const YamlNode& item : section.value.items) read_edge(item, settings_, spec_.edges);
  }

  void read_require(const YamlEntry& section) {
    if (!settings_.check_map(section.value, section.key_place, "require", "require", "{ SINK: effectively_once }")) {
      return;
    }
    for (const YamlEntry& entry : section.value.entries) {
      if (!settings_.check_name(entry.key, entry.key_place, "require", "a node")) continue;
      const auto found = settings_.one_of(entry.value, "require", entry.key, guarantee_words);
      if (!found) continue;
      spec_.require.push_back({{entry.key, entry.key_place}, {static_cast<Guarantee>(found->value), found->place}});
    }
  }

  SettingReader settings_;
  Diagnostics& diagnostics_;
  GraphSpec spec_;
};

}  // namespace

GraphSpec read_spec(const YamlNode& root, const Environment& environment, Diagnostics& diagnostics) {
  GraphSpec spec = SpecReader(environment, diagnostics).read(root);
  check_references(spec, diagnostics);
  return spec;
}

namespace {

// Values as they were read: escapes are resolved, lines folded.
void hide_secrets(const YamlNode& node, bool is_secret, Secrecy& secrecy) {
  if (node.is_scalar() && (is_secret || looks_secret(node.text))) secrecy.hide(node.text);
  for (const YamlNode& item : node.items) hide_secrets(item, is_secret, secrecy);
  for (const YamlEntry& entry : node.entries) {
    hide_secrets(entry.value, is_secret || names_secret(entry.key), secrecy);
  }
}

}  // namespace

GraphSpec read_graph(const SourceText& source, const Environment& environment, Diagnostics& diagnostics) {
  // As written, too: the text may not be YAML.
  if (source.text().size() <= SourceText::max_bytes) {
    for (const std::string_view secret : SourceMask(source.text()).secrets()) diagnostics.secrecy().hide(secret);
  }
  const std::optional<YamlNode> root = read_yaml(source, diagnostics);
  if (!root) {
    if (diagnostics.empty()) {
      diagnostics.error(Code::missing_key, {}, {}, "the file is empty; a graph begins with graph: NAME");
    }
    return {};
  }
  hide_secrets(*root, false, diagnostics.secrecy());
  return read_spec(*root, environment, diagnostics);
}

}  // namespace sluice::engine
