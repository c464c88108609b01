// SPDX-License-Identifier: Apache-2.0
// The values that an attribute can have against those that a node takes: a symbol that a source asks for and that no
// partition is named for would stop the graph at its first record. Only values that nodes declare count; where any way
// to a node brings values that nobody declares, nothing is said.
#include <algorithm>

#include "validate/steps.hpp"
#include "validate/value_flow.hpp"

namespace sluice::engine {
namespace {

struct Accepted {
  std::set<std::string> values;
  const DescribedAccept* first = nullptr;
};

}  // namespace

void check_values(const Draft& draft, Diagnostics& diagnostics) {
  if (!draft.edges_are_whole) return;
  std::map<std::string, ValueFlow> flows;
  for (size_t index = 0; index < draft.nodes.size(); ++index) {
    const DraftNode& node = draft.nodes[index];
    if (!node.described) continue;
    std::map<std::string, Accepted> accepted;
    for (const DescribedAccept& one : node.described->accepts) {
      Accepted& here = accepted[one.attribute];
      here.values.insert(one.value);
      if (here.first == nullptr) here.first = &one;
    }
    for (const auto& [attribute, here] : accepted) {
      const auto flow = flows.try_emplace(attribute, draft, attribute).first;
      const ValueFlow::Values arriving = flow->second.arriving(index);
      if (!arriving) continue;
      std::vector<std::string> refused;
      size_t provider = none;
      for (const auto& [value, from] : *arriving) {
        if (here.values.contains(value)) continue;
        refused.push_back(value);
        provider = from;
      }
      if (refused.empty()) continue;
      const std::string option = here.first->option.empty() ? "its options" : "`" + here.first->option + "`";
      diagnostics.error(Code::value_refused, node.place_or_name(here.first->place), node.subject(),
                        "records whose " + attribute + " is " + quoted_list(refused) + " come here from \"" +
                            draft.nodes[provider].name() + "\", and " + option + " does not name " +
                            (refused.size() == 1 ? "this value" : "these values") +
                            ", so the first such record would be refused; name " +
                            (refused.size() == 1 ? "it" : "them") + " there, or remove " +
                            (refused.size() == 1 ? "it" : "them") + " from \"" + draft.nodes[provider].name() + "\"");
    }
  }
}

}  // namespace sluice::engine
