// SPDX-License-Identifier: Apache-2.0
// Random graphs, good and bad: planning always ends, and a plan that comes out is one that the runtime can rely on.
#include <algorithm>
#include <random>

#include "catch.hpp"
#include "planning.hpp"

namespace sluice::engine::testing {
namespace {

std::string random_graph(std::mt19937& random) {
  const auto below = [&](unsigned bound) -> unsigned { return static_cast<unsigned>(random() % bound); };
  const unsigned count = 2 + below(7);
  const char* const types[] = {"source", "change", "change", "change", "change", "relay", "sink"};
  std::vector<std::string> type_of;
  std::string text = "graph: random\nnodes:\n";
  for (unsigned i = 0; i < count; ++i) {
    type_of.push_back(i == 0 ? "source" : i + 1 == count ? "sink" : types[below(7)]);
    text += "  n" + std::to_string(i) + ": { type: " + type_of.back();
    if (below(4) == 0) text += ", holds: " + std::to_string(below(1100));
    if (below(8) == 0) text += ", reads: [a]";
    if (below(2) == 0) text += ", provides: [a]";
    if (below(3) == 0) text += ", durable: false";
    text += " }\n";
  }
  text += "edges:\n";
  const unsigned edges = count - 1 + below(3);
  for (unsigned i = 0; i < edges; ++i) {
    const unsigned from = i + 1 < count ? i : below(count);
    if (type_of[from] == "sink" && below(20) != 0) continue;
    unsigned to = below(12) == 0 ? below(count) : std::min(from + 1 + below(2), count - 1);
    if (type_of[to] == "source" && below(20) != 0) to = count - 1;
    text += "  - { from: n" + std::to_string(from) + ", to: n" + std::to_string(to);
    if (below(2) == 0) text += ", buffer: { records: 1k, bytes: 1MiB }";
    if (below(8) == 0) text += ", dead_letter: n" + std::to_string(below(3) == 0 ? below(count) : count - 1);
    if (below(12) == 0) text += ", commit: on_accept";
    text += " }\n";
  }
  if (below(5) == 0) text += "processes:\n  p: { from: n" + std::to_string(below(count)) + " }\n";
  return text;
}

void check_plan(const Plan& plan) {
  std::vector<unsigned> times_in_stage(plan.nodes.size(), 0);
  std::vector<size_t> place_in_stage(plan.nodes.size(), 0);
  for (size_t s = 0; s < plan.stages.size(); ++s) {
    REQUIRE(plan.stages[s].nodes.front() == plan.stages[s].head);
    for (size_t at = 0; at < plan.stages[s].nodes.size(); ++at) {
      const size_t node = plan.stages[s].nodes[at];
      REQUIRE(node < plan.nodes.size());
      REQUIRE(plan.nodes[node].stage == s);
      times_in_stage[node] += 1;
      place_in_stage[node] = at;
    }
  }
  for (const unsigned times : times_in_stage) REQUIRE(times == 1);
  for (const PlanEdge& edge : plan.edges) {
    REQUIRE(edge.from_port < plan.nodes[edge.from].outputs.size());
    REQUIRE(edge.to_port < plan.nodes[edge.to].inputs.size());
    REQUIRE(edge.dead_letter <= plan.dead_letters.size());
    const PlanNode& to = plan.nodes[edge.to];
    if (edge.buffered) {
      REQUIRE(plan.stages[to.stage].head == edge.to);
      REQUIRE(edge.bound.records > 0);
    } else {
      REQUIRE(to.stage == plan.nodes[edge.from].stage);
      REQUIRE(place_in_stage[edge.from] < place_in_stage[edge.to]);
    }
  }
  for (const PlanDeadLetter& one : plan.dead_letters) {
    REQUIRE(plan.nodes[one.to].is_sink());
    REQUIRE(plan.stages[plan.nodes[one.to].stage].head == one.to);
  }
}

TEST_CASE("a plan that comes out is whole, whatever the graph") {
  std::mt19937 random(20240808);
  unsigned plans = 0;
  for (unsigned i = 0; i < 3000; ++i) {
    const std::string text = random_graph(random);
    const Outcome outcome = plan_text_of(text);
    INFO(text << outcome.text());
    REQUIRE(outcome.planned.plan.has_value() != outcome.diagnostics.has_errors());
    if (!outcome.planned.plan) continue;
    ++plans;
    check_plan(outcome.plan());
  }
  // Good and bad ones must both occur, or this tests nothing.
  CHECK(plans > 100);
  CHECK(plans < 2900);
}

TEST_CASE("a graph of thousands of nodes is planned too") {
  std::string text = "graph: long\nnodes:\n  n0: { type: source }\n";
  std::string edges = "edges:\n";
  constexpr unsigned count = 3000;
  for (unsigned i = 1; i < count; ++i) {
    text += "  n" + std::to_string(i) + ": { type: " + (i + 1 == count ? "sink" : "change") + " }\n";
    edges += "  - n" + std::to_string(i - 1) + " -> n" + std::to_string(i) + "\n";
  }
  const Outcome outcome = plan_text_of(text + edges);
  REQUIRE(outcome.planned.plan);
  CHECK(outcome.plan().stages.size() == 1);
}

}  // namespace
}  // namespace sluice::engine::testing
