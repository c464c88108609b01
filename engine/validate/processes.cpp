// SPDX-License-Identifier: Apache-2.0
// Members of a process follow its edges, dead letters too, up to the next relay. A relay may be the sink of several.
#include <algorithm>

#include "graph/did_you_mean.hpp"
#include "validate/steps.hpp"

namespace sluice::engine {
namespace {

void assign_members(Draft& draft, size_t process, Diagnostics& diagnostics) {
  const ProcessSpec& spec = draft.spec->processes[process];
  for (const auto& from : spec.from) {
    const size_t begin = draft.giving(from.value);
    const bool is_declared = draft.spec->find_node(from.value) != nullptr;
    if (begin == none && is_declared) {
      diagnostics.error(Code::cut_without_relay, from.place, spec.subject(),
                        "the process begins at the relay \"" + from.value +
                            "\", but no edge leaves it; add an edge, or begin elsewhere");
    }
    if (begin == none) continue;
    if (!draft.nodes[begin].is_source()) {
      if (draft.types_are_whole) {
        diagnostics.error(Code::cut_without_relay, from.place, spec.subject(),
                          "a process begins at a source or at a relay, and \"" + from.value +
                              "\" is neither: put a relay before it, or leave it to the process that reaches it");
      }
      continue;
    }
    for (const size_t member : draft.topology.behind({begin}, Topology::Over::dead_letters).nodes) {
      draft.nodes[member].processes.insert(process);
    }
  }
}

void check_members(const Draft& draft, Diagnostics& diagnostics) {
  for (size_t index = 0; index < draft.nodes.size(); ++index) {
    const DraftNode& node = draft.nodes[index];
    // Behind such a source, and behind a node that no edge leads to, nodes belong to no process for the same reason.
    if (node.processes.empty() && node.is_source() && !node.out.empty()) {
      diagnostics.error(Code::process_unreached, node.spec->name.place, node.subject(),
                        std::string(node.role == SLUICE_ROLE_RELAY_OUTPUT ? "the output of the relay" : "the node") +
                            " belongs to no process; name it in the `from` of one");
    }
    if (node.processes.size() < 2 || node.role == SLUICE_ROLE_RELAY_INPUT) continue;
    // What lies behind such a node overlaps for the same reason.
    const bool is_first = std::none_of(node.in.begin(), node.in.end(), [&](size_t edge) {
      return draft.nodes[draft.edges[edge].from].processes == node.processes;
    });
    if (!is_first || is_cycle_to_blame(draft, index, diagnostics)) continue;
    std::vector<std::string> names;
    for (const size_t process : node.processes) names.push_back(draft.spec->processes[process].name.value);
    diagnostics.error(
        Code::process_overlap, node.spec->name.place, node.subject(),
        "the node belongs to the processes " + quoted_list(names) +
            "; only a relay may be reached by several, and only as their sink: declare one node for each");
  }
}

}  // namespace

void assign_processes(Draft& draft, const std::string& process, Diagnostics& diagnostics) {
  const auto& processes = draft.spec->processes;
  for (size_t i = 0; i < processes.size(); ++i) assign_members(draft, i, diagnostics);
  if (!processes.empty() && draft.edges_are_whole && draft.types_are_whole) check_members(draft, diagnostics);
  if (process.empty()) return;
  const auto chosen =
      std::find_if(processes.begin(), processes.end(), [&](const ProcessSpec& p) { return p.name.value == process; });
  if (chosen == processes.end()) {
    std::vector<std::string> names;
    for (const ProcessSpec& p : processes) names.push_back(p.name.value);
    diagnostics.error(
        Code::unknown_word, {}, "--process",
        "the graph has no process \"" + process + "\"; " +
            (names.empty() ? "it declares none, so run it without --process" : "it has " + quoted_list(names)),
        did_you_mean(process, names));
    return;
  }
  const auto index = static_cast<size_t>(chosen - processes.begin());
  for (DraftNode& node : draft.nodes) node.runs = node.processes.contains(index);
  for (DraftEdge& edge : draft.edges) edge.runs = draft.nodes[edge.from].runs && draft.nodes[edge.to].runs;
}

void check_cuts(const Draft& draft, Diagnostics& diagnostics) {
  for (const DraftNode& output : draft.nodes) {
    if (output.role != SLUICE_ROLE_RELAY_OUTPUT) continue;
    const size_t at = draft.taking(output.name());
    if (at == none) continue;
    const DraftNode& input = draft.nodes[at];
    if (!input.described || input.processes == output.processes || output.processes.empty()) continue;
    if (input.fact(SLUICE_FACT_DURABLE) != 0) continue;
    const std::string why = input.described->reason(SLUICE_FACT_DURABLE);
    diagnostics.error(Code::cut_without_relay, input.spec->name.place, input.subject(),
                      "a graph may be cut only at a relay that is durable, and \"" + input.name() + "\" is not" +
                          (why.empty() ? "" : " (" + why + ")") + "; put both its sides into one process");
  }
}

}  // namespace sluice::engine
