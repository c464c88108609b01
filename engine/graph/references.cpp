// SPDX-License-Identifier: Apache-2.0
#include "references.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "did_you_mean.hpp"
#include "setting_reader.hpp"

namespace sluice::engine {
namespace {

class ReferenceCheck {
 public:
  ReferenceCheck(const GraphSpec& spec, Diagnostics& diagnostics) : diagnostics_(diagnostics) {
    for (const NodeSpec& node : spec.nodes) {
      if (known_.insert(node.name.value).second) names_.push_back(node.name.value);
      // Who wrote Trades has been told to write trades, so who means trades is right.
      if (const std::string near = nearest_name(node.name.value); !near.empty()) known_.insert(near);
    }
  }

  void node(const std::string& name, Place place, const std::string& subject) {
    if (known_.contains(name)) return;
    Unknown& unknown = unknown_[name];
    if (unknown.lines.empty() || place < unknown.place) {
      unknown.place = place;
      unknown.subject = subject;
    }
    unknown.lines.insert(place.line);
  }

  /// Each unknown name once, and none when as many nodes share a name with another one: those were meant.
  void report(size_t lost_nodes) {
    if (unknown_.size() <= lost_nodes) return;
    for (const auto& [name, unknown] : unknown_) {
      std::string sentence = "no node is named \"" + name + "\"";
      std::vector<std::string> others;
      for (const int line : unknown.lines) {
        if (line != unknown.place.line) others.push_back(std::to_string(line));
      }
      for (size_t i = 0; i < others.size(); ++i) {
        sentence += (i == 0                   ? others.size() == 1 ? ", which line " : ", which lines "
                     : i + 1 == others.size() ? " and "
                                              : ", ") +
                    others[i];
      }
      if (!others.empty()) sentence += others.size() == 1 ? " names too" : " name too";
      diagnostics_.error(Code::unknown_node, unknown.place, unknown.subject,
                         sentence + "; declare it under nodes, or correct the name",
                         diagnostics_.full() ? std::string() : did_you_mean(name, names_));
    }
  }

 private:
  struct Unknown {
    Place place;
    std::string subject;
    std::set<int> lines;
  };
  Diagnostics& diagnostics_;
  std::set<std::string> known_;
  std::vector<std::string> names_;
  std::map<std::string, Unknown> unknown_;  ///< by name; as it is named first
};

/// Nodes whose name another one has: the reader of the file keeps the first.
size_t count_lost_nodes(const GraphSpec& spec, const Diagnostics& diagnostics) {
  const std::vector<Diagnostic> all = diagnostics.sorted();
  return static_cast<size_t>(std::count_if(all.begin(), all.end(), [&](const Diagnostic& one) {
    return one.code == Code::yaml_duplicate_key &&
           std::any_of(spec.nodes.begin(), spec.nodes.end(),
                       [&](const NodeSpec& node) { return one.other_place == node.name.place; });
  }));
}

void check_repeated_edges(const GraphSpec& spec, Diagnostics& diagnostics) {
  std::map<std::pair<std::string, std::string>, Place> seen;
  for (const EdgeSpec& edge : spec.edges) {
    const auto [at, inserted] = seen.try_emplace({edge.from.text(), edge.to.text()}, edge.from.place);
    if (inserted) continue;
    diagnostics.add({Code::duplicate_edge,
                     Severity::error,
                     edge.from.place,
                     edge.subject(),
                     "this edge is already defined on line " + std::to_string(at->second.line) + ", column " +
                         std::to_string(at->second.column) + "; keep one of the two",
                     {},
                     at->second});
  }
}

}  // namespace

void check_references(const GraphSpec& spec, Diagnostics& diagnostics) {
  ReferenceCheck check(spec, diagnostics);
  for (const EdgeSpec& edge : spec.edges) {
    check.node(edge.from.node, edge.from.place, edge.subject());
    check.node(edge.to.node, edge.to.place, edge.subject());
    if (edge.dead_letter) check.node(edge.dead_letter->node.value, edge.dead_letter->node.place, edge.subject());
  }
  for (const ProcessSpec& process : spec.processes) {
    for (const auto& from : process.from) check.node(from.value, from.place, process.subject());
  }
  for (const RequireSpec& require : spec.require) check.node(require.sink.value, require.sink.place, "require");
  check.report(count_lost_nodes(spec, diagnostics));
  check_repeated_edges(spec, diagnostics);
}

}  // namespace sluice::engine
