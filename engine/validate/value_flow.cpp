// SPDX-License-Identifier: Apache-2.0
#include "validate/value_flow.hpp"

#include <set>

namespace sluice::engine {

ValueFlow::ValueFlow(const Draft& draft, const std::string& attribute)
    : draft_(draft), attribute_(attribute), leaving_(draft.nodes.size()) {
  for (const size_t node : draft.order) leave(node);
}

ValueFlow::Values ValueFlow::arriving(size_t index) const {
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

ValueFlow::Values ValueFlow::on(const DraftEdge& edge) const {
  const std::vector<Values>& outputs = leaving_[edge.from];
  if (!edge.from_port || *edge.from_port >= outputs.size()) return std::nullopt;
  return outputs[*edge.from_port];
}

void ValueFlow::leave(size_t index) {
  const DraftNode& node = draft_.nodes[index];
  if (!node.described) return;
  const bool makes = node.described->find_provided(attribute_) != nullptr;
  const Values before = node.is_source() || makes ? Values() : arriving(index);
  for (const DescribedOutput& output : node.described->outputs) {
    leaving_[index].push_back(at_output(index, output.name, before, makes));
  }
}

ValueFlow::Values ValueFlow::at_output(size_t index, const std::string& output, const Values& before,
                                       bool makes) const {
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

}  // namespace sluice::engine
