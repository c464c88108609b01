// SPDX-License-Identifier: Apache-2.0
// Tokens cannot be forgotten or forged: a batch without a verdict, or with the wrong token, stops the graph by name,
// and no position moves over it.
#include "checks.hpp"
#include "held_sink.hpp"

using namespace sluice;
using namespace sluice::testing;
using engine::GraphRuntime;

namespace {

/// Runs numbers -> transform -> collect to its failure, which must be this node's bug; gives its message.
std::string bug_of(FunctionState& transform) {
  NumbersState numbers{.total = 100, .per_batch = 10, .has_positions = true};
  CollectState collected;
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers).facts.replay = sluice::Replay::from_commit;
  graph.node("transform", transform_function_type, transform);
  graph.node("collect", collect_type, collected);
  graph.edge("numbers", "transform");
  graph.buffered("transform", "collect", {1'000, 1 << 20});
  GraphRuntime runtime(graph.build(), {});
  begin(runtime);
  runtime.wait();
  REQUIRE(runtime.failure());
  CHECK(runtime.failure()->node == "transform");
  CHECK(runtime.failure()->error.category == Category::bug);
  CHECK(numbers.committed == 0);
  CHECK(node_in(runtime.report(), "numbers").account.unsettled >= 10);
  return runtime.failure()->error.message;
}

}  // namespace

TEST_CASE("a batch destroyed without a verdict stops the graph and names the node") {
  FunctionState forgets{.process = [](Context&, Batch) -> Result<void> { return {}; }};
  CHECK(bug_of(forgets).find("destroyed 10 records without a verdict") != std::string::npos);
}

TEST_CASE("a sink that destroys a batch stops the graph, from its own call") {
  NumbersState numbers{.total = 100, .per_batch = 10};
  FunctionState forgets{.process = [](Context&, Batch) -> Result<void> { return {}; }};
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers);
  graph.node("forgets", sink_function_type, forgets);
  graph.edge("numbers", "forgets");
  GraphRuntime runtime(graph.build(), {});
  begin(runtime);
  runtime.wait();
  REQUIRE(runtime.failure());
  CHECK(runtime.failure()->node == "forgets");
  const auto report = runtime.report();
  require_balance(report);
  CHECK(node_in(report, "forgets").held >= 10);
}

TEST_CASE("records without a token, or fewer than the token's, are refused") {
  FunctionState forges{.process = [](Context& context, Batch batch) -> Result<void> {
    Batch fresh = context.new_batch(3);
    fresh.append();
    context.emit(0, std::move(fresh));
    context.emit(7, std::move(batch));
    return {};
  }};
  CHECK(bug_of(forges).find("a token for 0") != std::string::npos);

  FunctionState shortens{.process = [](Context& context, Batch batch) -> Result<void> {
    batch.get()->count -= 1;
    context.emit(0, std::move(batch));
    return {};
  }};
  CHECK(bug_of(shortens).find("a batch of 9 records with a token for 10") != std::string::npos);

  FunctionState wrong_port{.process = [](Context& context, Batch batch) -> Result<void> {
    context.emit(7, std::move(batch));
    return {};
  }};
  CHECK(bug_of(wrong_port).find("on port 7 of 1") != std::string::npos);

  FunctionState poses{.process = [](Context& context, Batch batch) -> Result<void> {
    context.emit_unpositioned(0, std::move(batch));
    return {};
  }};
  CHECK(bug_of(poses).find("that is not fresh") != std::string::npos);
}

TEST_CASE("a batch kept for ever is seen while the graph runs: how old, and with whom") {
  NumbersState numbers{.total = 10, .per_batch = 10, .ends = false};
  HeldState held;
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers);
  graph.node("held", held_type, held);
  graph.buffered("numbers", "held", {100, 1 << 20});
  GraphRuntime runtime(graph.build(), {});
  begin(runtime);
  REQUIRE(held.wait_for(1));
  CHECK_FALSE(runtime.wait_for(std::chrono::milliseconds(2)));
  const auto report = runtime.report();
  CHECK(node_in(report, "numbers").account.oldest_unsettled_ns >= 2'000'000);
  CHECK(node_in(report, "held").held == 10);
  runtime.request_abort();
  runtime.wait();
}
