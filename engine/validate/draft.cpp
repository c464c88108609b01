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

std::vector<size_t> Draft::reached(size_t from, bool with_dead_letters) const {
  std::vector<size_t> found{from};
  std::vector<bool> seen(nodes.size(), false);
  seen[from] = true;
  const auto visit = [&](size_t node) {
    if (node == none || seen[node]) return;
    seen[node] = true;
    found.push_back(node);
  };
  for (size_t at = 0; at < found.size(); ++at) {
    for (const size_t edge : nodes[found[at]].out) {
      visit(edges[edge].to);
      if (with_dead_letters) visit(edges[edge].dead_letter_to);
    }
  }
  return found;
}

std::vector<bool> Draft::unknown_before() const {
  std::vector<bool> is_unknown(nodes.size(), false);
  std::vector<size_t> todo;
  const auto mark = [&](size_t node) {
    if (node == none || is_unknown[node]) return;
    is_unknown[node] = true;
    todo.push_back(node);
  };
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (!nodes[i].described) mark(i);
  }
  while (!todo.empty()) {
    const size_t node = todo.back();
    todo.pop_back();
    for (const size_t edge : nodes[node].out) {
      mark(edges[edge].to);
      mark(edges[edge].dead_letter_to);
    }
  }
  return is_unknown;
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
