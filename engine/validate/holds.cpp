// SPDX-License-Identifier: Apache-2.0
// Nodes that hold records back without a limit of time, behind one that parts the flow. Nobody knows when the rest of
// their batch comes, and one record that waits there keeps the position of its source and counts for its in_flight.
#include "validate/steps.hpp"

namespace sluice::engine {

void check_holds(const Draft& draft, Diagnostics& diagnostics) {
  std::vector<bool> is_told(draft.nodes.size(), false);
  for (const size_t parting : draft.order) {
    const DraftNode& before = draft.nodes[parting];
    if (!before.described || before.described->outputs.size() < 2) continue;
    for (const size_t index : draft.topology.behind({parting}, Topology::Over::edges).nodes) {
      const DraftNode& node = draft.nodes[index];
      const bool waits = node.fact(SLUICE_FACT_HOLDS_RECORDS) > 1 && node.fact(SLUICE_FACT_HOLDS_NS) == 0;
      if (!waits || index == parting || is_told[index]) continue;
      is_told[index] = true;
      diagnostics.warning(Code::holds_without_limit, node.spec->name.place, node.subject(),
                          "it waits until its batch is full, and gets only a part of the records of \"" +
                              before.name() +
                              "\": one record that waits there holds back the position of its source, and uses "
                              "room of its in_flight; give it `within`");
    }
  }
}

}  // namespace sluice::engine
