// SPDX-License-Identifier: Apache-2.0
// The graph's latency against what nodes may keep records back for: a budget that a quiet hour always breaks is a
// mistake in one or the other. A warning, as full batches go out sooner.
#include <algorithm>
#include <utility>

#include "graph/units.hpp"
#include "validate/steps.hpp"

namespace sluice::engine {
namespace {

struct Longest {
  int64_t holds_ns = 0;
  size_t source = none;
  size_t before = none;  ///< the node before on that way
};

}  // namespace

void check_latency(const Draft& draft, Diagnostics& diagnostics) {
  if (!draft.spec->latency) return;
  std::vector<Longest> longest(draft.nodes.size());
  size_t worst = none;
  for (const size_t index : draft.order) {
    const DraftNode& node = draft.nodes[index];
    Longest& here = longest[index];
    if (node.is_source()) here = {0, index, none};
    if (here.source == none) continue;
    here.holds_ns += std::max<int64_t>(node.fact(SLUICE_FACT_HOLDS_NS), 0);
    if (worst == none || here.holds_ns > longest[worst].holds_ns) worst = index;
    for (const size_t out : node.out) {
      const size_t to = draft.edges[out].to;
      if (to == none || draft.nodes[to].is_source()) continue;
      if (longest[to].source == none || longest[to].holds_ns < here.holds_ns) {
        longest[to] = {here.holds_ns, here.source, index};
      }
    }
  }
  if (worst == none || longest[worst].holds_ns <= draft.spec->latency->value) return;
  std::vector<std::string> names;
  for (size_t at = worst; at != none; at = longest[at].before) {
    if (draft.nodes[at].fact(SLUICE_FACT_HOLDS_NS) > 0) names.push_back(draft.nodes[at].name());
  }
  std::reverse(names.begin(), names.end());
  diagnostics.warning(Code::latency_below_holds, draft.spec->latency->place, {},
                      "a record may take " + duration_text(draft.spec->latency->value) + ", but " + quoted_list(names) +
                          " may keep those of \"" + draft.nodes[longest[worst].source].name() + "\" back for " +
                          duration_text(longest[worst].holds_ns) +
                          " when few records arrive; raise latency, or lower those times");
}

}  // namespace sluice::engine
