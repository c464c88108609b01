// SPDX-License-Identifier: Apache-2.0
// The graph's latency against what nodes may keep records back for: a budget that a quiet hour always breaks is a
// mistake in one or the other. A warning, as full batches go out sooner.
#include <algorithm>

#include "graph/units.hpp"
#include "validate/steps.hpp"

namespace sluice::engine {
void check_latency(const Draft& draft, Diagnostics& diagnostics) {
  if (!draft.spec->latency) return;
  std::vector<int64_t> holds_ns;
  for (const DraftNode& node : draft.nodes) {
    holds_ns.push_back(std::max<int64_t>(node.fact(SLUICE_FACT_HOLDS_NS), 0));
  }
  const std::vector<size_t> longest = draft.topology.heaviest_way(holds_ns, draft.order);
  int64_t sum_ns = 0;
  std::vector<std::string> names;
  for (const size_t node : longest) {
    sum_ns += holds_ns[node];
    if (holds_ns[node] > 0) names.push_back(draft.nodes[node].name());
  }
  if (sum_ns <= draft.spec->latency->value) return;
  diagnostics.warning(Code::latency_below_holds, draft.spec->latency->place, {},
                      "a record may take " + duration_text(draft.spec->latency->value) + ", but " + quoted_list(names) +
                          " may hold back records of \"" + draft.nodes[longest.front()].name() + "\" for " +
                          duration_text(sum_ns) + " when few arrive; raise latency, or lower those times");
}

}  // namespace sluice::engine
