// SPDX-License-Identifier: Apache-2.0
// What is told of time: every record that leaves an edge has waited, every one that a sink ends was settled, every one
// that goes out of a node that holds was held, for no less than lay between the events on both sides and no more than
// the test took.
#include <random>

#include "checks.hpp"
#include "gather.hpp"
#include "held_sink.hpp"

using namespace sluice;
using namespace sluice::testing;
using engine::GraphRuntime;
using engine::Latency;
using engine::LatencyReport;
using engine::monotonic_ns;

namespace {

/// The clock has moved on by then.
int64_t later_than(int64_t ns) {
  constexpr int64_t visible_ns = 300'000;
  int64_t now_ns = monotonic_ns();
  while (now_ns < ns + visible_ns) now_ns = monotonic_ns();
  return now_ns;
}

void check_at_most(const LatencyReport& latency, int64_t ns) {
  CHECK(latency.quantile_ns(1.0) <= Latency::upper_edge(Latency::class_of(ns)));
}

}  // namespace

TEST_CASE("records wait from their hand-over to the pop, and settle from the sink's taking them to its verdict") {
  NumbersState numbers{.total = 30, .per_batch = 10};
  HeldState held;
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers);
  graph.node("held", held_type, held).facts.max_in_flight = 1;
  graph.buffered("numbers", "held", {100, 1 << 20});
  GraphRuntime runtime(graph.build(), {});
  const int64_t start_ns = monotonic_ns();
  begin(runtime);
  REQUIRE(held.wait_for(1));
  REQUIRE(numbers.signal.wait([&] { return runtime.report().edges[0].waiting == 20; }));
  // One batch is at the sink, two wait.
  const int64_t before_ns = monotonic_ns();
  const int64_t after_ns = later_than(before_ns);
  // A turn's clock is as old as the turn may be: the next batch must leave in one that began after that.
  let_turn(runtime, 1, 2, [&] { held.context.wake(); });
  for (int i = 0; i < 3; ++i) {
    REQUIRE(held.wait_for(1));
    held.take().deliver();
  }
  runtime.wait();
  const int64_t end_ns = monotonic_ns();
  require_no_failure(runtime);
  const engine::EdgeReport edge = runtime.report().edges[0];
  CHECK(edge.waiting_time.count == 30);
  CHECK(edge.waiting_time.quantile_ns(0.5) >= after_ns - before_ns);
  check_at_most(edge.waiting_time, end_ns - start_ns);
  CHECK(edge.settling_time.count == 30);
  CHECK(edge.settling_time.quantile_ns(0.9) >= after_ns - before_ns);
  check_at_most(edge.settling_time, end_ns - start_ns);
}

TEST_CASE("a node that holds is told of the first record of what it lets go") {
  NumbersState numbers{.total = 50, .per_batch = 10, .limit = 10};
  GatherState gather{.records = 100};
  CollectState collected;
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers);
  graph.node("gather", gather_type, gather).facts.holds_records = 100;
  graph.node("collect", collect_type, collected);
  graph.edge("numbers", "gather");
  graph.edge("gather", "collect");
  GraphRuntime runtime(graph.build(), {});
  const int64_t start_ns = monotonic_ns();
  begin(runtime);
  REQUIRE(numbers.signal.wait([&] { return runtime.report().nodes[1].in == 10; }));
  const int64_t before_ns = monotonic_ns();
  const int64_t after_ns = later_than(before_ns);
  numbers.limit = 50;
  numbers.context.wake();
  runtime.wait();
  const int64_t end_ns = monotonic_ns();
  require_no_failure(runtime);
  const engine::Report report = runtime.report();
  const LatencyReport& held = node_in(report, "gather").held_time;
  CHECK(held.count == 50);
  CHECK(held.quantile_ns(0) >= after_ns - before_ns);
  check_at_most(held, end_ns - start_ns);
  // A direct edge into the sink: nothing waits, all of it is settled.
  CHECK(edge_in(report, "gather -> collect").waiting_time.count == 0);
  CHECK(edge_in(report, "gather -> collect").settling_time.count == 50);
}

TEST_CASE("records over the declared latency are counted, all or none") {
  for (const int64_t budget_ns : {int64_t{0}, int64_t{1}, int64_t{3'600'000'000'000}}) {
    NumbersState numbers{.total = 500};
    CollectState collected;
    GraphBuilder graph;
    graph.node("numbers", numbers_type, numbers);
    graph.node("collect", collect_type, collected);
    graph.buffered("numbers", "collect", {100, 1 << 20});
    engine::Plan plan = graph.build();
    plan.latency_budget_ns = budget_ns;
    GraphRuntime runtime(std::move(plan), {});
    const engine::Report report = run_to_end(runtime);
    CHECK(report.latency_budget_ns == budget_ns);
    CHECK(node_in(report, "numbers").account.over_budget == (budget_ns == 1 ? 500 : 0));
  }
}

TEST_CASE("a quantile is the upper edge of the class of the value that it stands for") {
  std::mt19937_64 random(7);
  for (int round = 0; round < 50; ++round) {
    Latency latency;
    std::vector<int64_t> values;
    for (int i = 0; i < 200; ++i) values.push_back(static_cast<int64_t>(random() >> (20 + random() % 44)));
    const size_t half = values.size() / 2;
    for (size_t i = 0; i < half; ++i) latency.add(values[i], 1);
    const LatencyReport before = latency.report();
    for (size_t i = half; i < values.size(); ++i) latency.add_own(values[i], 1);
    const LatencyReport later = latency.report().since(before);
    CHECK(later.count == values.size() - half);
    values.erase(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(half));
    std::sort(values.begin(), values.end());
    for (const double share : {0.0, 0.25, 0.5, 0.99}) {
      const int64_t value = values[static_cast<size_t>(share * static_cast<double>(values.size()))];
      CHECK(later.quantile_ns(share) == Latency::upper_edge(Latency::class_of(value)));
      CHECK(later.quantile_ns(share) >= value);
      CHECK(later.quantile_ns(share) <= value + value / 8);
    }
  }
  CHECK(LatencyReport{}.quantile_ns(0.5) == 0);
}
