// SPDX-License-Identifier: Apache-2.0
#include "references.hpp"

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
    diagnostics_.error(Code::unknown_node, place, subject,
                       "no node is named \"" + name + "\"; declare it under nodes, or correct the name",
                       diagnostics_.full() ? std::string() : did_you_mean(name, names_));
  }

 private:
  Diagnostics& diagnostics_;
  std::set<std::string> known_;
  std::vector<std::string> names_;
};

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
  check_repeated_edges(spec, diagnostics);
}

}  // namespace sluice::engine
