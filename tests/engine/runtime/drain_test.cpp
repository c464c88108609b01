// SPDX-License-Identifier: Apache-2.0
// How a graph ends: at end of input or at a stop, what is held back comes out, what is on its way drains, and a
// deadline, a second stop or a failure ends it all the same and says what is unsettled.
#include <thread>

#include "checks.hpp"
#include "gather.hpp"
#include "held_sink.hpp"

using namespace sluice;
using namespace sluice::testing;
using engine::GraphRuntime;
using records::Verdict;

namespace {

constexpr int64_t an_hour_ns = 3'600'000'000'000;

engine::RuntimeOptions with_drain_deadline(int64_t nanoseconds) {
  engine::RuntimeOptions options;
  options.drain_deadline_ns = nanoseconds;
  return options;
}

}  // namespace

TEST_CASE("at end of input the flush marker reaches held batches, over direct and buffered edges") {
  NumbersState numbers{.total = 1'234, .per_batch = 10};
  GatherState direct{.records = 100};
  GatherState buffered{.records = 1'000};
  CollectState collected;
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers);
  graph.node("direct", gather_type, direct);
  graph.node("buffered", gather_type, buffered);
  graph.node("collect", collect_type, collected);
  graph.edge("numbers", "direct");
  graph.buffered("direct", "buffered", {200, 1 << 20});
  graph.buffered("buffered", "collect", {2'000, 1 << 20});
  GraphRuntime runtime(graph.build(), {});
  run_to_end(runtime);
  CHECK(collected.snapshot() == first_numbers(1'234));
  CHECK(collected.sizes == std::vector<uint32_t>{1'000, 234});
}

TEST_CASE("at a stop too, and a source that never ends is stopped") {
  NumbersState numbers{.total = 37, .per_batch = 10, .ends = false};
  GatherState direct{.records = 100};
  GatherState buffered{.records = 1'000};
  CollectState collected;
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers);
  graph.node("direct", gather_type, direct);
  graph.node("buffered", gather_type, buffered);
  graph.node("collect", collect_type, collected);
  graph.edge("numbers", "direct");
  graph.buffered("direct", "buffered", {200, 1 << 20});
  graph.buffered("buffered", "collect", {2'000, 1 << 20});
  GraphRuntime runtime(graph.build(), with_drain_deadline(an_hour_ns));
  begin(runtime);
  REQUIRE(numbers.signal.wait([&] { return numbers.emitted == 37; }));
  CHECK(collected.snapshot().empty());
  runtime.request_stop();
  runtime.wait();
  require_no_failure(runtime);
  require_balance(runtime.report());
  CHECK(collected.snapshot() == first_numbers(37));
}

TEST_CASE("a run is not over before every node was flushed, though all has settled") {
  NumbersState numbers{.total = 10, .per_batch = 10};
  FunctionState transform = pass_on();
  CollectState collected;
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers);
  graph.node("transform", transform_function_type, transform);
  graph.node("collect", collect_type, collected);
  graph.buffered("numbers", "transform", {100, 1 << 20});
  graph.buffered("transform", "collect", {100, 1 << 20});
  GraphRuntime runtime(graph.build(), {});
  std::atomic<bool> is_free{false};
  std::atomic<int> flushes{0};
  transform.process = [&](Context& context, Batch batch) -> Result<void> {
    context.emit(0, std::move(batch));
    while (!is_free && !runtime.is_closing()) std::this_thread::yield();
    return {};
  };
  transform.flush = [&](Context&, Flush) -> Result<void> {
    ++flushes;
    return {};
  };
  begin(runtime);
  REQUIRE(collected.signal.wait([&] { return collected.snapshot().size() == 10; }));
  while (node_in(runtime.report(), "numbers").account.unsettled != 0) std::this_thread::yield();
  // In one of these turns the source says that it has ended, and sends the marker.
  let_turn(runtime, 0, 3, [&] { numbers.context.wake(); });
  CHECK_FALSE(runtime.wait_for(std::chrono::milliseconds(0)));
  is_free = true;
  runtime.wait();
  require_no_failure(runtime);
  CHECK(flushes == 1);
}

TEST_CASE("the marker waits its turn behind what is parked, and behind a sink without room") {
  for (const bool is_buffered : {false, true}) {
    NumbersState numbers{.total = 60, .per_batch = 60, .ends = false};
    GatherState gather{.records = 25};
    HeldState held;
    GraphBuilder graph;
    graph.node("numbers", numbers_type, numbers);
    graph.node("gather", gather_type, gather);
    graph.node("held", held_type, held);
    graph.edge("numbers", "gather");
    if (is_buffered) {
      graph.buffered("gather", "held", {5, 1 << 20});
    } else {
      graph.edge("gather", "held");
    }
    GraphRuntime runtime(graph.build(), with_drain_deadline(an_hour_ns));
    begin(runtime);
    REQUIRE(held.wait_for(1));
    runtime.request_stop();
    REQUIRE_FALSE(runtime.wait_for(std::chrono::milliseconds(1)));
    // With the buffer there was credit for the first full batch only.
    const uint64_t emitted = numbers.emitted;
    CHECK(emitted == (is_buffered ? 25 : 60));
    std::vector<uint64_t> got;
    while (got.size() < emitted) {
      REQUIRE(held.wait_for(1));
      // The sink's own marker comes behind its last record.
      const uint64_t flushes = held.flushes;
      if (got.size() + held.records() < emitted) CHECK(flushes == 0);
      Batch batch = held.take();
      for (uint32_t i = 0; i < batch.size(); ++i) got.push_back(number_of(batch[i]));
      std::move(batch).deliver();
    }
    runtime.wait();
    require_no_failure(runtime);
    require_balance(runtime.report());
    CHECK(got == first_numbers(emitted));
  }
}

TEST_CASE("the marker does not wait for a sink that holds with nothing in hand") {
  const bool ends_by_itself = GENERATE(true, false);
  NumbersState numbers{.total = 10, .per_batch = 10, .ends = ends_by_itself};
  std::atomic<int> flushes{0};
  uint64_t taken = 0;
  FunctionState sink{.process = [&](Context& context, Batch batch) -> Result<void> {
                       context.hold(true);
                       taken += batch.size();
                       std::move(batch).deliver();
                       return {};
                     },
                     .flush = [&](Context&, Flush) -> Result<void> {
                       ++flushes;
                       return {};
                     }};
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers);
  graph.node("sink", sink_function_type, sink);
  graph.buffered("numbers", "sink", {100, 1 << 20});
  GraphRuntime runtime(graph.build(), with_drain_deadline(an_hour_ns));
  begin(runtime);
  REQUIRE(numbers.signal.wait([&] { return numbers.emitted == 10; }));
  if (!ends_by_itself) runtime.request_stop();
  // As long as a test's signal waits.
  REQUIRE(runtime.wait_for(std::chrono::minutes(3)));
  require_no_failure(runtime);
  require_balance(runtime.report());
  CHECK(taken == 10);
  CHECK(flushes == 1);
}

TEST_CASE("a stop in full flow loses nothing and balances") {
  for (int round = 0; round < 20; ++round) {
    NumbersState numbers{.total = UINT64_MAX / 2, .per_batch = 7, .ends = false};
    FunctionState pass = pass_on();
    GatherState gather{.records = 40};
    CollectState collected;
    GraphBuilder graph;
    graph.node("numbers", numbers_type, numbers);
    graph.node("pass", transform_function_type, pass);
    graph.node("gather", gather_type, gather);
    graph.node("collect", collect_type, collected);
    graph.edge("numbers", "pass");
    graph.buffered("pass", "gather", {30, 1 << 20});
    graph.buffered("gather", "collect", {50, 1 << 20});
    GraphRuntime runtime(graph.build(), with_drain_deadline(an_hour_ns));
    begin(runtime);
    REQUIRE(numbers.signal.wait([&] { return numbers.emitted > static_cast<uint64_t>(round) * 50; }));
    runtime.request_stop();
    runtime.wait();
    require_no_failure(runtime);
    const auto report = runtime.report();
    require_balance(report);
    CHECK(node_in(report, "numbers").account.unsettled == 0);
    CHECK(collected.snapshot() == first_numbers(numbers.emitted));
  }
}

TEST_CASE("a sink that never settles does not hold the process: the deadline ends it, and the receipt names the node") {
  NumbersState numbers{.total = 30, .per_batch = 10, .ends = false};
  HeldState held;
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers);
  graph.node("held", held_type, held).facts.max_in_flight = 2;
  graph.buffered("numbers", "held", {100, 1 << 20});
  GraphRuntime runtime(graph.build(), with_drain_deadline(20'000'000));
  begin(runtime);
  REQUIRE(held.wait_for(2));
  REQUIRE(numbers.signal.wait([&] { return numbers.emitted == 30; }));
  runtime.request_stop();
  runtime.wait();
  require_no_failure(runtime);
  const auto report = runtime.report();
  require_balance(report);
  CHECK(node_in(report, "held").held == 20);
  CHECK(edge_in(report, "numbers -> held").waiting == 10);
  CHECK(node_in(report, "numbers").account.unsettled == 30);
  CHECK(engine::judge(report).may_be_lost == 30);
}

TEST_CASE("a second stop ends a drain at once") {
  NumbersState numbers{.total = 30, .per_batch = 10, .has_positions = true, .ends = false};
  HeldState held;
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers).facts.replay = sluice::Replay::from_commit;
  graph.node("held", held_type, held);
  graph.buffered("numbers", "held", {100, 1 << 20});
  GraphRuntime runtime(graph.build(), with_drain_deadline(an_hour_ns));
  begin(runtime);
  REQUIRE(held.wait_for(1));
  runtime.request_stop();
  CHECK_FALSE(runtime.wait_for(std::chrono::milliseconds(1)));
  runtime.request_abort();
  runtime.wait();
  require_no_failure(runtime);
  const auto report = runtime.report();
  require_balance(report);
  CHECK(engine::judge(report).may_be_lost == 0);
  CHECK(engine::judge(report).will_be_replayed == node_in(report, "numbers").account.received);
}

TEST_CASE("an abort at any moment ends every stage, and what it leaves balances") {
  // A stage that misses the request goes on for a second.
  for (uint64_t round = 0; round < 1'000; ++round) {
    NumbersState numbers{.total = UINT64_MAX / 2, .per_batch = 3, .ends = false};
    numbers.limit = round % 4 == 0 ? 0 : UINT64_MAX;
    FunctionState pass = pass_on();
    CollectState collected;
    GraphBuilder graph;
    graph.node("numbers", numbers_type, numbers);
    graph.node("pass", transform_function_type, pass);
    graph.node("collect", collect_type, collected);
    graph.buffered("numbers", "pass", {9, 1 << 20});
    graph.buffered("pass", "collect", {9, 1 << 20});
    GraphRuntime runtime(graph.build(), with_drain_deadline(an_hour_ns));
    begin(runtime);
    if (round % 2 == 0) std::this_thread::yield();
    runtime.request_abort();
    runtime.wait();
    require_no_failure(runtime);
    require_balance(runtime.report());
  }
}

TEST_CASE("a drain waits for the answer to its last commit, and polls on meanwhile") {
  NumbersState numbers{.total = 30, .per_batch = 10, .has_positions = true, .ends = false};
  std::atomic<int64_t> asked{-1};
  numbers.on_commit = [&](Context&, uint32_t, int64_t position) -> Result<void> {
    asked = position;
    numbers.signal.notify();
    return {};
  };
  CollectState collected;
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers).facts.replay = sluice::Replay::from_commit;
  graph.node("collect", collect_type, collected);
  graph.buffered("numbers", "collect", {100, 1 << 20});
  GraphRuntime runtime(graph.build(), with_drain_deadline(an_hour_ns));
  begin(runtime);
  REQUIRE(numbers.signal.wait([&] { return asked > 0 && numbers.emitted == 30; }));
  runtime.request_stop();
  CHECK_FALSE(runtime.wait_for(std::chrono::milliseconds(1)));
  // The broker answers from another thread, one commit after the other, until all 30 are stored.
  std::thread broker([&] {
    for (int64_t answered = 0; answered < 30;) {
      const int64_t position = asked;
      numbers.context.committed(numbers.partition, position);
      answered = position;
      if (answered < 30 && !numbers.signal.wait([&] { return asked > answered; })) return;
    }
  });
  runtime.wait();
  broker.join();
  require_no_failure(runtime);
  CHECK(asked == 30);
  CHECK(node_in(runtime.report(), "numbers").partitions.at(0).committed == 30);
  CHECK(numbers.polls_without_credit > 0);
}

TEST_CASE("a stop that comes before anything was emitted ends a graph too") {
  NumbersState numbers{.total = 0, .ends = false};
  CollectState collected;
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers);
  graph.node("collect", collect_type, collected);
  graph.buffered("numbers", "collect", {10, 1 << 20});
  GraphRuntime runtime(graph.build(), with_drain_deadline(an_hour_ns));
  runtime.request_stop();
  begin(runtime);
  runtime.wait();
  require_no_failure(runtime);
  CHECK(numbers.emitted == 0);
}

TEST_CASE("a source that replays from its beginning may name positions that nobody stores, and the graph ends") {
  NumbersState numbers{.total = 100, .per_batch = 10, .has_positions = true};
  CollectState collected;
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers).facts.replay = sluice::Replay::from_beginning;
  graph.node("collect", collect_type, collected);
  graph.buffered("numbers", "collect", {100, 1 << 20});
  GraphRuntime runtime(graph.build(), {});
  run_to_end(runtime);
  CHECK(numbers.committed == 0);
}
