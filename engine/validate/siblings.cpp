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
    if (!edge.runs) continue;
    Outputs& outputs = stages[draft.nodes[edge.from].head];
    if (edge.is_buffered && (edge.when_full == WhenFull::block || edge.when_full == WhenFull::conflate)) {
      if (outputs.blocking.empty()) outputs.place = edge.spec->place;
      outputs.blocking.push_back(edge.name);
    } else if (edge.is_buffered || draft.nodes[edge.to].is_sink()) {
      outputs.others.push_back(edge.name);
    }
  }
  for (const auto& [head, outputs] : stages) {
    if (head == none || outputs.blocking.empty() || outputs.blocking.size() + outputs.others.size() < 2) continue;
    std::string sentence;
    if (outputs.others.empty()) {
      sentence = quoted_list(outputs.blocking) +
                 " leave this stage and wait when they are full: when one is, the others "
                 "stop too";
    } else if (outputs.blocking.size() == 1) {
      sentence = quoted_list(outputs.blocking) + " waits when it is full, and then " + quoted_list(outputs.others) +
                 ", in the same stage, stops too";
    } else {
      sentence = quoted_list(outputs.blocking) +
                 " wait when they are full: when one is, the others stop too, and so does " +
                 quoted_list(outputs.others);
    }
    notes.push_back({Code::blocks_siblings,
                     Severity::warning,
                     outputs.place,
                     "stage \"" + draft.nodes[head].name() + "\"",
                     std::move(sentence),
                     {},
                     {}});
  }
  std::stable_sort(notes.begin(), notes.end(),
                   [](const Diagnostic& a, const Diagnostic& b) { return a.place < b.place; });
}

}  // namespace sluice::engine
