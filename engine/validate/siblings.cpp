// SPDX-License-Identifier: Apache-2.0
// A port that blocks stops its stage: which other edges stop with it is worth knowing before it happens.
#include <algorithm>
#include <map>

#include "validate/steps.hpp"

namespace sluice::engine {

void note_siblings(const Draft& draft, std::vector<Diagnostic>& notes) {
  struct Outputs {
    std::vector<std::string> blocking;
    std::vector<std::string> others;
    Place place;
  };
  std::map<size_t, Outputs> stages;
  for (const DraftEdge& edge : draft.edges) {
    if (!edge.runs || (!edge.is_buffered && !draft.nodes[edge.to].is_sink())) continue;
    Outputs& outputs = stages[draft.nodes[edge.from].head];
    const bool drops = edge.when_full == WhenFull::drop_newest || edge.when_full == WhenFull::drop_oldest;
    (drops ? outputs.others : outputs.blocking).push_back(edge.name);
    if (outputs.place.line == 0 && !drops) outputs.place = edge.spec->from.place;
  }
  for (const auto& [head, outputs] : stages) {
    if (head == none || outputs.blocking.empty() || outputs.blocking.size() + outputs.others.size() < 2) continue;
    const bool is_one = outputs.blocking.size() == 1;
    std::string stopped = is_one ? "" : "the others";
    if (!outputs.others.empty()) stopped += (is_one ? "" : " and ") + quoted_list(outputs.others);
    notes.push_back({Code::blocks_siblings,
                     Severity::warning,
                     outputs.place,
                     "stage \"" + draft.nodes[head].name() + "\"",
                     std::string("when ") + (is_one ? "" : "one of ") + quoted_list(outputs.blocking) +
                         " has no room, this stage stops, and with it " + stopped,
                     {},
                     {}});
  }
  std::stable_sort(notes.begin(), notes.end(),
                   [](const Diagnostic& a, const Diagnostic& b) { return a.place < b.place; });
}

}  // namespace sluice::engine
