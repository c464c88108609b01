// SPDX-License-Identifier: Apache-2.0
// The values that an attribute can have against those that a node takes: a symbol that a source asks for and that no
// partition is named for would stop the graph at its first record. Only values that nodes declare count; where any way
// to a node brings values that nobody declares, nothing is said.
#include <algorithm>

#include "validate/steps.hpp"

namespace sluice::engine {
namespace {

/// A value, and the node that says it provides it. Nothing: not known.
using Values = std::optional<std::map<std::string, size_t>>;

class ValueFlow {
 public:
  ValueFlow(const Draft& draft, const std::string& attribute)
      : draft_(draft), attribute_(attribute), leaving_(draft.nodes.size()) {
    for (const size_t node : draft.order) leave(node);
  }

  /// What arrives at a node over its edges, and as a dead letter.
  Values arriving(size_t index) const {
    const DraftNode& node = draft_.nodes[index];
    Values all;
    bool is_first = true;
    for (const auto* edges : {&node.in, &node.dead_letters}) {
      for (const size_t edge : *edges) {
        const Values values = on(draft_.edges[edge]);
        if (!values) return std::nullopt;
        if (is_first) all.emplace();
        is_first = false;
        all->insert(values->begin(), values->end());
      }
    }
    return all;
  }

 private:
  Values on(const DraftEdge& edge) const {
    const std::vector<Values>& outputs = leaving_[edge.from];
    if (!edge.from_port || *edge.from_port >= outputs.size()) return std::nullopt;
    return outputs[*edge.from_port];
  }

  void leave(size_t index) {
    const DraftNode& node = draft_.nodes[index];
    if (!node.described) return;
    const auto& provides = node.described->provides;
    const bool makes = std::any_of(provides.begin(), provides.end(),
                                   [&](const DescribedAttribute& one) { return one.name == attribute_; });
    const Values before = node.is_source() || makes ? Values() : arriving(index);
    for (const DescribedOutput& output : node.described->outputs) {
      leaving_[index].push_back(at_output(index, output.name, before, makes));
    }
  }

  Values at_output(size_t index, const std::string& output, const Values& before, bool makes) const {
    std::map<std::string, size_t> named;
    std::set<std::string> elsewhere;
    for (const DescribedValue& one : draft_.nodes[index].described->values) {
      if (one.attribute != attribute_) continue;
      if (one.output.empty() || one.output == output) {
        named.emplace(one.value, index);
      } else {
        elsewhere.insert(one.value);
      }
    }
    if (!named.empty() && makes) return named;
    if (!before) return std::nullopt;
    Values values = before;
    std::erase_if(*values, [&](const auto& one) {
      return named.empty() ? elsewhere.contains(one.first) : !named.contains(one.first);
    });
    return values;
  }

  const Draft& draft_;
  const std::string attribute_;
  std::vector<std::vector<Values>> leaving_;  ///< by node and output
};

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
      const Values arriving = flow->second.arriving(index);
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
      diagnostics.error(Code::value_refused, here.first->place.line > 0 ? here.first->place : node.spec->name.place,
                        node.subject(),
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
