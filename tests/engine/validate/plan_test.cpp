// SPDX-License-Identifier: Apache-2.0
// What a good graph becomes: nodes, ports, stages, dead letters.
#include "catch.hpp"
#include "planning.hpp"

namespace sluice::engine::testing {
namespace {

const std::string whole = R"(graph: whole
nodes:
  feed: { type: source, outputs: [out], optional: [malformed], provides: [stream, symbol] }
  add: { type: change }
  part: { type: change, outputs: [left, right], reads: [stream] }
  gather: { type: change, holds: 500, within: 2s }
  left: { type: sink, memory: 1MiB }
  right: { type: sink }
  rejects: { type: sink, reads: [reject_reason] }
edges:
  - feed -> add -> part
  - { from: part.left, to: gather, buffer: { records: 10k, bytes: 8MiB }, when_full: { conflate: symbol } }
  - { from: gather, to: left, dead_letter: { to: rejects, stop_after: { rejects: 7, of: 70 }, buffer: { records: 2k, bytes: 1MiB } } }
  - { from: part.right, to: right, buffer: { records: 20k, bytes: 4MiB }, when_full: drop_oldest }
  - { from: feed.malformed, to: rejects, buffer: { records: 1k, bytes: 1MiB } }
)";

TEST_CASE("a good graph becomes a plan of indices") {
  const Outcome outcome = plan_text_of(whole);
  INFO(outcome.text());
  REQUIRE(outcome.planned.plan);
  const Plan& plan = outcome.plan();
  CHECK(plan.graph == "whole");
  CHECK(plan.nodes.size() == 7);

  const PlanEdge& conflated = outcome.edge("part.left -> gather");
  CHECK(conflated.buffered);
  CHECK(conflated.bound.records == 10'000);
  CHECK(conflated.when_full == WhenFull::conflate);
  REQUIRE(conflated.conflate_slot >= 0);
  CHECK(plan.attributes[static_cast<size_t>(conflated.conflate_slot)].name == "symbol");
  CHECK(plan.nodes[conflated.from].outputs[conflated.from_port].name == "left");
  CHECK(outcome.edge("part.right -> right").from_port == 1);
  CHECK(outcome.edge("feed.malformed -> rejects").from_port == 1);
  CHECK_FALSE(outcome.edge("feed -> add").buffered);

  REQUIRE(plan.dead_letters.size() == 1);
  CHECK(outcome.edge("gather -> left").dead_letter == 1);
  CHECK(plan.dead_letters[0].stop_after.rejects == 7);
  CHECK(plan.dead_letters[0].stop_after.of == 70);
  CHECK(plan.dead_letters[0].bound.records == 2000);
  CHECK(plan.nodes[plan.dead_letters[0].to].name == "rejects");
}

TEST_CASE("a stage is a head and what it reaches without a buffer, each node before those it calls") {
  const Outcome outcome = plan_text_of(whole);
  REQUIRE(outcome.planned.plan);
  std::vector<std::vector<std::string>> stages;
  for (const PlanStage& stage : outcome.plan().stages) {
    CHECK(stage.nodes.front() == stage.head);
    stages.emplace_back();
    for (const size_t node : stage.nodes) stages.back().push_back(outcome.plan().nodes[node].name);
  }
  CHECK(stages ==
        std::vector<std::vector<std::string>>{{"feed", "add", "part"}, {"gather", "left"}, {"right"}, {"rejects"}});
}

TEST_CASE("a diamond under one head is one stage") {
  const Outcome outcome = plan_text_of(R"(graph: diamond
nodes:
  feed: { type: source, outputs: [a, b] }
  one: { type: change }
  two: { type: change }
  end: { type: sink }
edges:
  - feed.a -> one -> end
  - feed.b -> two -> end
)");
  INFO(outcome.text());
  REQUIRE(outcome.planned.plan);
  REQUIRE(outcome.plan().stages.size() == 1);
  CHECK(outcome.plan().nodes[outcome.plan().stages[0].nodes.back()].name == "end");
}

TEST_CASE("the only port is meant where none is written, and otherwise the usual one") {
  const Outcome outcome = plan_text_of(R"(graph: ports
nodes:
  feed: { type: source, outputs: [rows], optional: [out] }
  join: { type: change, inputs: [left, in], outputs: [only] }
  end: { type: sink }
edges:
  - feed.rows -> join
  - feed -> join.left
  - join -> end
)");
  INFO(outcome.text());
  REQUIRE(outcome.planned.plan);
  CHECK(outcome.edge("feed -> join.left").from_port == 1);
  CHECK(outcome.edge("feed.rows -> join").to_port == 1);
  CHECK(outcome.edge("join -> end").from_port == 0);
}

TEST_CASE("all problems come in one pass, and then there is no plan") {
  const Outcome outcome = plan_text_of(R"(graph: many
nodes:
  feed: { type: sorce }
  add: { type: change, holds: many }
  end: { type: sink, reads: [nothing], wrong: yes_it_is }
  alone: { type: sink }
edges:
  - feed -> add
  - { from: add, to: end, when_full: block }
)");
  CHECK_FALSE(outcome.planned.plan);
  const std::vector<std::string> codes = outcome.codes();
  CHECK(codes ==
        std::vector<std::string>{"unknown-node-type", "bad-unit", "bad-option", "unwired-node", "buffer-needed"});
}

TEST_CASE("a node type that is missing makes nothing else look wrong") {
  const Outcome outcome = plan_text_of(R"(graph: missing
processes:
  first: { from: feed }
  second: { from: log }
nodes:
  feed: { type: source }
  log: { type: kafka, key: symbol }
  end: { type: sink, reads: [symbol] }
  rejects: { type: kafka }
edges:
  - feed -> log
  - { from: log, to: end, dead_letter: rejects }
require: { end: effectively_once, log: at_most_once }
)");
  CHECK(outcome.codes() == std::vector<std::string>{"unknown-node-type", "unknown-node-type"});
}

TEST_CASE("JSON tells the same") {
  const Outcome outcome = plan_text_of(whole);
  const std::string json = plan_json(outcome.planned, outcome.diagnostics, outcome.source);
  CHECK(json.find(R"("valid":true)") != std::string::npos);
  CHECK(json.find(R"("stages":[["feed","add","part"],["gather","left"],["right"],["rejects"]])") != std::string::npos);
  CHECK(
      json.find(
          R"("dead_letter":{"to":"rejects","buffer":{"records":2000,"bytes":1048576},"stop_after":{"rejects":7,"of":70}})") !=
      std::string::npos);
}

}  // namespace
}  // namespace sluice::engine::testing
