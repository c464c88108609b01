// SPDX-License-Identifier: Apache-2.0
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

}  // namespace sluice::engine
