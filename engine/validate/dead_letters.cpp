// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "graph/routes.hpp"
#include "validate/steps.hpp"

namespace sluice::engine {

void check_dead_letters(const Draft& draft, Diagnostics& diagnostics) {
  for (const DraftEdge& edge : draft.edges) {
    if (edge.dead_letter_to == none) continue;
    const DraftNode& target = draft.nodes[edge.dead_letter_to];
    const Placed<std::string>& named = edge.spec->dead_letter->node;
    if (!target.is_sink() && target.type != nullptr) {
      diagnostics.error(Code::dead_letter_not_sink, named.place, edge.spec->subject(),
                        "dead letters are stored by a sink or a relay, and \"" + named.value + "\" is a " +
                            std::string(kind_word(target.kind)) + "; name a sink, such as a file");
    } else if (edge.dead_letter_to == edge.to) {
      diagnostics.error(Code::dead_letter_not_sink, named.place, edge.spec->subject(),
                        "\"" + named.value + "\" cannot take the dead letters of an edge that leads to itself; name " +
                            "another sink");
    }
  }
}

void check_refusals(const Draft& draft, Diagnostics& diagnostics) {
  const auto refuses = [](const DraftNode& node) { return node.described && !node.described->refusals.empty(); };
  if (!draft.edges_are_whole || std::none_of(draft.nodes.begin(), draft.nodes.end(), refuses)) return;
  Topology::Shape shape = draft.topology.shape();
  for (size_t i = 0; i < shape.edges.size(); ++i) shape.edges[i].from_port = draft.edges[i].from_port.value_or(0);
  const Routes routes{Topology(std::move(shape))};
  for (size_t i = 0; i < draft.nodes.size(); ++i) {
    const DraftNode& node = draft.nodes[i];
    if (!refuses(node) || !node.is_source() || routes.refusal_path(i) != 0) continue;
    for (const DescribedRefusal& refusal : node.described->refusals) {
      diagnostics.error(Code::refusal_without_dead_letter, node.place_or_name(refusal.place), node.subject(),
                        refusal.what + " are rejected here, and no edge behind \"" + node.name() +
                            "\" has a dead letter, so the first one would stop the graph; add `dead_letter: NODE` to "
                            "one of these edges, or change this option");
    }
  }
}

}  // namespace sluice::engine
