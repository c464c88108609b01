// SPDX-License-Identifier: Apache-2.0
#include "validate/draft.hpp"

#include <algorithm>

namespace sluice::engine {

void Draft::add_node(DraftNode node) {
  if (node.role != SLUICE_ROLE_RELAY_INPUT) giving_.emplace(node.name(), nodes.size());
  if (node.role != SLUICE_ROLE_RELAY_OUTPUT) taking_.emplace(node.name(), nodes.size());
  nodes.push_back(std::move(node));
}

size_t Draft::giving(const std::string& name) const {
  const auto found = giving_.find(name);
  return found == giving_.end() ? none : found->second;
}

size_t Draft::taking(const std::string& name) const {
  const auto found = taking_.find(name);
  return found == taking_.end() ? none : found->second;
}

std::string quoted_list(const std::vector<std::string>& names, size_t most) {
  std::string text;
  const size_t shown = std::min(names.size(), most);
  for (size_t i = 0; i < shown; ++i) {
    if (i > 0) text += i + 1 == names.size() ? " and " : ", ";
    text += "\"" + names[i] + "\"";
  }
  if (shown < names.size()) text += " and " + std::to_string(names.size() - shown) + " more";
  return text;
}

}  // namespace sluice::engine
