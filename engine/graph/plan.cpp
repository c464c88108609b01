// SPDX-License-Identifier: Apache-2.0
#include "graph/plan.hpp"

#include "graph/routes.hpp"

namespace sluice::engine {
namespace {

/// What the input took and the output did not give back yet lives in this process's memory alone.
bool is_memory_relay(const PlanNode& input, const PlanNode& output) {
  return input.type->kind == SLUICE_RELAY && input.role == SLUICE_ROLE_RELAY_INPUT && !input.facts.durable &&
         output.type->kind == SLUICE_RELAY && output.role == SLUICE_ROLE_RELAY_OUTPUT && output.name == input.name;
}

}  // namespace

void find_routes(Plan& plan) {
  Topology::Shape shape;
  for (const PlanNode& node : plan.nodes) shape.nodes.push_back({node.is_source(), node.is_sink()});
  for (const PlanEdge& edge : plan.edges) {
    shape.edges.push_back({edge.from, edge.to, edge.dead_letter, edge.from_port, edge.commit == Commit::on_accept});
  }
  for (const PlanDeadLetter& one : plan.dead_letters) shape.dead_letters.push_back(one.to);
  for (size_t input = 0; input < plan.nodes.size(); ++input) {
    for (size_t output = 0; output < plan.nodes.size(); ++output) {
      if (is_memory_relay(plan.nodes[input], plan.nodes[output])) shape.relays.push_back({input, output});
    }
  }
  plan.routes = std::make_shared<const Routes>(Topology(std::move(shape)));
}

}  // namespace sluice::engine
