// SPDX-License-Identifier: Apache-2.0
// How much may be on its way is exact: behind a sink that does not settle, a source emits what the edge, the parked
// batch and the sink can hold, and not one record more; and it goes on being polled, without credit.
#include <thread>

#include "checks.hpp"
#include "held_sink.hpp"

using namespace sluice;
using namespace sluice::testing;
using engine::GraphRuntime;
using engine::WhenFull;

namespace {

/// Five more polls without credit: whatever could have been emitted has been.
void wait_until_blocked(NumbersState& numbers) {
  for (int i = 0; i < 5; ++i) {
    const int before = numbers.polls_without_credit;
    numbers.context.wake();
    REQUIRE(numbers.signal.wait([&] { return numbers.polls_without_credit > before; }));
  }
}

void settle_all_from_now_on(HeldState& held, GraphRuntime& runtime) {
  std::atomic<bool> is_over{false};
  std::thread settler([&] {
    while (held.signal.wait([&] { return is_over || held.count() > 0; }) && !is_over) held.take().deliver();
  });
  runtime.wait();
  is_over = true;
  held.signal.notify();
  settler.join();
}

}  // namespace

TEST_CASE("behind a blocked sink a source emits the edge's bound and what the sink holds, exactly") {
  NumbersState numbers{.total = 10'000, .per_batch = 10};
  HeldState held;
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers);
  graph.node("held", held_type, held).facts.max_in_flight = 2;
  graph.buffered("numbers", "held", {64, 1 << 20});
  GraphRuntime runtime(graph.build(), {});
  begin(runtime);
  REQUIRE(held.wait_for(2));
  // An edge wakes its producer when it is half empty, and this one may have filled before the sink took its two.
  numbers.context.wake();
  REQUIRE(numbers.signal.wait([&] { return numbers.emitted >= 84; }));
  wait_until_blocked(numbers);
  CHECK(numbers.emitted == 84);
  const auto report = runtime.report();
  CHECK(edge_in(report, "numbers -> held").waiting == 64);
  CHECK(edge_in(report, "numbers -> held").parked == 0);
  CHECK(held.records() == 20);

  // One batch settled makes room for exactly one more.
  held.take().deliver();
  REQUIRE(held.wait_for(2));
  numbers.context.wake();
  REQUIRE(numbers.signal.wait([&] { return numbers.emitted >= 94; }));
  wait_until_blocked(numbers);
  CHECK(numbers.emitted == 94);
  settle_all_from_now_on(held, runtime);
  require_no_failure(runtime);
  require_balance(runtime.report());
  CHECK(node_in(runtime.report(), "numbers").account.count(records::Verdict::delivered) == 10'000);
}

TEST_CASE("what finds no room is parked once, counted, and lets nothing more in") {
  NumbersState numbers{.total = 1'000, .per_batch = 10};
  numbers.limit = 10;
  FunctionState triple{.process = [](Context& context, Batch batch) -> Result<void> {
    const std::vector<uint32_t> copies(batch.size(), 3);
    context.emit(0, std::move(batch).expand(copies.data()));
    return {};
  }};
  HeldState held;
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers);
  graph.node("triple", transform_function_type, triple);
  graph.node("held", held_type, held);
  graph.edge("numbers", "triple");
  graph.buffered("triple", "held", {64, 1 << 20});
  GraphRuntime runtime(graph.build(), {});
  begin(runtime);
  REQUIRE(held.wait_for(1));
  numbers.limit = 1'000;
  numbers.context.wake();
  // The sink has 30, the edge takes 30 and 30, has room for 4, and the 12 made of these do not fit.
  REQUIRE(numbers.signal.wait([&] { return numbers.emitted >= 34; }));
  wait_until_blocked(numbers);
  CHECK(numbers.emitted == 34);
  const auto report = runtime.report();
  const auto& edge = edge_in(report, "triple -> held");
  CHECK(edge.waiting == 60);
  CHECK(edge.parked == 12);
  CHECK(edge.in == 102);
  require_balance(runtime.report());
  settle_all_from_now_on(held, runtime);
  require_no_failure(runtime);
  require_balance(runtime.report());
  CHECK(node_in(runtime.report(), "numbers").account.count(records::Verdict::delivered) == 3'000);
}

TEST_CASE("a source's in_flight bound is hard") {
  NumbersState numbers{.total = 500, .per_batch = 10};
  HeldState held;
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers).in_flight = {45, 1 << 20};
  graph.node("held", held_type, held).facts.max_in_flight = 1'000;
  graph.buffered("numbers", "held", {1'000, 1 << 20});
  GraphRuntime runtime(graph.build(), {});
  begin(runtime);
  REQUIRE(held.wait_for(5));
  wait_until_blocked(numbers);
  CHECK(numbers.emitted == 45);
  held.take().deliver();
  REQUIRE(numbers.signal.wait([&] { return numbers.emitted >= 55; }));
  wait_until_blocked(numbers);
  CHECK(numbers.emitted == 55);
  settle_all_from_now_on(held, runtime);
  require_no_failure(runtime);
  CHECK(node_in(runtime.report(), "numbers").account.count(records::Verdict::delivered) == 500);
}

TEST_CASE("seen from outside, no edge is ever above its bound, in records or bytes") {
  NumbersState numbers{.total = 20'000, .per_batch = 37, .filler = 30};
  FunctionState pass = pass_on();
  CollectState collected;
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers);
  graph.node("pass", transform_function_type, pass);
  graph.node("collect", collect_type, collected);
  graph.buffered("numbers", "pass", {50, 2'000});
  graph.buffered("pass", "collect", {7, 1 << 20});
  GraphRuntime runtime(graph.build(), {});
  begin(runtime);
  uint64_t most_records = 0;
  uint64_t most_bytes = 0;
  uint64_t most_records_behind = 0;
  while (!runtime.wait_for(std::chrono::milliseconds(0))) {
    const auto report = runtime.report();
    most_records = std::max(most_records, report.edges[0].waiting);
    most_bytes = std::max(most_bytes, report.edges[0].waiting_bytes);
    most_records_behind = std::max(most_records_behind, report.edges[1].waiting);
  }
  require_no_failure(runtime);
  CHECK(most_records <= 50);
  CHECK(most_bytes <= 2'000);
  CHECK(most_records_behind <= 7);
  CHECK(collected.snapshot() == first_numbers(20'000));
}

TEST_CASE("an edge that drops or conflates never blocks its source") {
  for (const auto when_full : {WhenFull::drop_newest, WhenFull::drop_oldest, WhenFull::conflate}) {
    NumbersState numbers{.total = 5'000, .per_batch = 10};
    HeldState held;
    GraphBuilder graph;
    graph.plan.attributes = {{"key", SLUICE_VALUE_INTEGER}};
    graph.node("numbers", numbers_type, numbers);
    graph.node("held", held_type, held);
    auto& edge = graph.buffered("numbers", "held", {64, 1 << 20});
    edge.when_full = when_full;
    edge.conflate_slot = 0;
    GraphRuntime runtime(graph.build(), {});
    begin(runtime);
    // The sink settles nothing, and yet the source gets to its end.
    REQUIRE(numbers.signal.wait([&] { return numbers.emitted == 5'000; }));
    settle_all_from_now_on(held, runtime);
    require_no_failure(runtime);
    const auto report = runtime.report();
    require_balance(report);
    CHECK(node_in(report, "numbers").account.count(records::Verdict::discarded) > 4'000);
    CHECK(node_in(report, "numbers").account.unsettled == 0);
  }
}
