// SPDX-License-Identifier: Apache-2.0
// Timers fire while nothing else happens, never while anything is parked, and an idle graph costs next to nothing.
#include "checks.hpp"
#include "gather.hpp"
#include "held_sink.hpp"

using namespace sluice;
using namespace sluice::testing;
using engine::GraphRuntime;

TEST_CASE("a timer fires while its stage is idle, behind a source and behind a buffer") {
  for (const bool is_buffered : {false, true}) {
    NumbersState numbers{.total = 3, .per_batch = 3, .ends = false};
    GatherState gather{.records = 100, .within_ns = 1'000'000};
    CollectState collected;
    GraphBuilder graph;
    graph.node("numbers", numbers_type, numbers);
    graph.node("gather", gather_type, gather);
    graph.node("collect", collect_type, collected);
    if (is_buffered) {
      graph.buffered("numbers", "gather", {100, 1 << 20});
    } else {
      graph.edge("numbers", "gather");
    }
    graph.edge("gather", "collect");
    GraphRuntime runtime(graph.build(), {});
    begin(runtime);
    REQUIRE(collected.signal.wait([&] { return collected.snapshot().size() == 3; }));
    CHECK(gather.timers == 1);
    CHECK(gather.flushes == 0);
    runtime.request_stop();
    runtime.wait();
    require_no_failure(runtime);
  }
}

TEST_CASE("a timer waits while anything is parked") {
  NumbersState numbers{.total = 1, .per_batch = 1, .ends = false};
  std::atomic<int> fired{0};
  std::atomic<uint64_t> settled_when_fired{0};
  std::atomic<uint64_t> settled{0};
  FunctionState singles{.process = [](Context& context, Batch batch) -> Result<void> {
                          context.set_timer(1);  // long past
                          const uint32_t copies = 5;
                          batch = std::move(batch).expand(&copies);
                          while (batch.size() > 1) context.emit(0, batch.cut(1));
                          context.emit(0, std::move(batch));
                          return {};
                        },
                        .timer = [&](Context&) -> Result<void> {
                          ++fired;
                          settled_when_fired = settled.load();
                          return {};
                        }};
  HeldState held;
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers);
  graph.node("singles", transform_function_type, singles);
  graph.node("held", held_type, held);
  graph.edge("numbers", "singles");
  graph.buffered("singles", "held", {1, 1 << 20});
  GraphRuntime runtime(graph.build(), {});
  begin(runtime);
  REQUIRE(held.wait_for(1));
  for (int i = 0; i < 10; ++i) {
    const int before = numbers.polls_without_credit;
    numbers.context.wake();
    REQUIRE(numbers.signal.wait([&] { return numbers.polls_without_credit > before; }));
  }
  CHECK(fired == 0);
  for (int i = 0; i < 5; ++i) {
    REQUIRE(held.wait_for(1));
    ++settled;
    held.take().deliver();
  }
  numbers.context.wake();
  REQUIRE(numbers.signal.wait([&] { return fired == 1; }));
  // Of five one was with the sink, one in the edge: three had to go before nothing was parked.
  CHECK(settled_when_fired >= 3);
  runtime.request_stop();
  runtime.wait();
  require_no_failure(runtime);
}

TEST_CASE("what a timer finds no room for goes on as soon as there is some") {
  // One that nobody wakes goes on a second later: all rounds together would take half a minute.
  const int64_t begun_ns = engine::monotonic_ns();
  for (int round = 0; round < 30; ++round) {
    const bool is_buffered = round % 2 == 1;
    NumbersState numbers{.total = 40, .per_batch = 40, .ends = false};
    FunctionState pass = pass_on();
    GatherState gather{.records = 100, .within_ns = 2'000'000};
    CollectState collected;
    GraphBuilder graph;
    graph.node("numbers", numbers_type, numbers);
    graph.node("gather", gather_type, gather);
    graph.node("collect", collect_type, collected);
    if (is_buffered) {
      graph.buffered("numbers", "gather", {100, 1 << 20});
    } else {
      // Direct, but through a copy for each, as credit follows the small edge.
      numbers.total = 1;
      pass.process = [](Context& context, Batch batch) -> Result<void> {
        const uint32_t copies = 40;
        context.emit(0, std::move(batch).expand(&copies));
        return {};
      };
      graph.node("pass", transform_function_type, pass);
      graph.edge("numbers", "pass");
      graph.edge("pass", "gather");
    }
    graph.buffered("gather", "collect", {8, 1 << 20});
    GraphRuntime runtime(graph.build(), {});
    begin(runtime);
    REQUIRE(collected.signal.wait([&] { return collected.snapshot().size() == 40; }));
    CHECK(gather.timers == 1);
    runtime.request_stop();
    runtime.wait();
    require_no_failure(runtime);
  }
  CHECK(engine::monotonic_ns() - begun_ns < 25'000'000'000);
}

TEST_CASE("stages of an idle graph and of a blocked one turn once a second") {
  for (const bool is_blocked : {false, true}) {
    NumbersState numbers{.total = is_blocked ? 1'000U : 1U, .per_batch = 1, .ends = false};
    FunctionState pass = pass_on();
    GatherState gather{.records = 100, .within_ns = 1'000'000};
    HeldState held;
    GraphBuilder graph;
    graph.node("numbers", numbers_type, numbers);
    graph.node("pass", transform_function_type, pass);
    graph.node("gather", gather_type, gather);
    graph.node("held", held_type, held);
    graph.buffered("numbers", "pass", {2, 1 << 20});
    graph.buffered("pass", "gather", {2, 1 << 20});
    graph.buffered("gather", "held", {2, 1 << 20});
    GraphRuntime runtime(graph.build(), {});
    begin(runtime);
    REQUIRE(held.wait_for(1));
    if (is_blocked) {
      REQUIRE(numbers.signal.wait([&] { return numbers.polls_without_credit > 0; }));
      CHECK_FALSE(runtime.wait_for(std::chrono::milliseconds(50)));
    } else {
      held.take().deliver();
    }
    const auto turns = [&] {
      uint64_t sum = 0;
      for (const engine::StageReport& stage : runtime.report().stages) sum += stage.turns;
      return sum;
    };
    const uint64_t before = turns();
    const int64_t begun_ns = engine::monotonic_ns();
    CHECK_FALSE(runtime.wait_for(std::chrono::milliseconds(1'200)));
    const auto seconds = static_cast<uint64_t>((engine::monotonic_ns() - begun_ns) / 1'000'000'000);
    // Some more each: the clocks of stages and of this test are not in step, and what was under way comes to rest.
    CHECK(turns() - before <= runtime.report().stages.size() * (seconds + 8));
    runtime.request_abort();
    runtime.wait();
    require_no_failure(runtime);
    require_balance(runtime.report());
  }
}
