// SPDX-License-Identifier: Apache-2.0
// The values that one attribute can have at each place of a graph, as far as nodes declare them. Where any way to a
// node brings values that nobody declares, they are not known. Internal to engine/validate.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "validate/draft.hpp"

namespace sluice::engine {

class ValueFlow {
 public:
  /// A value, and the node that says it provides it. Nothing: not known.
  using Values = std::optional<std::map<std::string, size_t>>;

  ValueFlow(const Draft& draft, const std::string& attribute);
  /// What arrives at a node over its edges, and as a dead letter.
  Values arriving(size_t index) const;
  /// What records have on an edge.
  Values on(const DraftEdge& edge) const;

 private:
  void leave(size_t index);
  Values at_output(size_t index, const std::string& output, const Values& before, bool makes) const;

  const Draft& draft_;
  const std::string attribute_;
  std::vector<std::vector<Values>> leaving_;  ///< by node and output
};

}  // namespace sluice::engine
