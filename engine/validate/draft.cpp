// SPDX-License-Identifier: Apache-2.0
#include "validate/draft.hpp"

#include <algorithm>

namespace sluice::engine {

size_t Draft::giving(const std::string& name) const {
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].name() == name && nodes[i].role != SLUICE_ROLE_RELAY_INPUT) return i;
  }
  return none;
}

size_t Draft::taking(const std::string& name) const {
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].name() == name && nodes[i].role != SLUICE_ROLE_RELAY_OUTPUT) return i;
  }
  return none;
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

bool Draft::is_unknown_before(size_t node) const {
  std::vector<size_t> found{node};
  std::vector<bool> seen(nodes.size(), false);
  seen[node] = true;
  const auto visit = [&](size_t next) {
    if (seen[next]) return;
    seen[next] = true;
    found.push_back(next);
  };
  for (size_t at = 0; at < found.size(); ++at) {
    const DraftNode& here = nodes[found[at]];
    if (!here.described) return true;
    for (const size_t edge : here.in) visit(edges[edge].from);
    for (const size_t edge : here.dead_letters) visit(edges[edge].from);
  }
  return false;
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
