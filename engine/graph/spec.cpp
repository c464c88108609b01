// SPDX-License-Identifier: Apache-2.0
#include "spec.hpp"

#include "diagnostic.hpp"

namespace sluice::engine {

std::string_view word(WhenFull value) {
  switch (value) {
    case WhenFull::block:
      return "block";
    case WhenFull::drop_newest:
      return "drop_newest";
    case WhenFull::drop_oldest:
      return "drop_oldest";
    case WhenFull::conflate:
      return "conflate";
  }
  return "block";
}

std::string_view word(Commit value) { return value == Commit::on_accept ? "on_accept" : "on_delivery"; }

std::string_view word(Guarantee value) {
  switch (value) {
    case Guarantee::best_effort:
      return "best_effort";
    case Guarantee::at_most_once:
      return "at_most_once";
    case Guarantee::at_least_once:
      return "at_least_once";
    case Guarantee::effectively_once:
      return "effectively_once";
  }
  return "best_effort";
}

std::string EdgeSpec::subject() const { return edge_subject(from.text(), to.text()); }

std::string NodeSpec::subject() const { return node_subject(name.value); }

std::string ProcessSpec::subject() const { return "process \"" + name.value + "\""; }

const NodeSpec* GraphSpec::find_node(std::string_view wanted) const {
  for (const NodeSpec& node : nodes) {
    if (node.name.value == wanted) return &node;
  }
  return nullptr;
}

}  // namespace sluice::engine
