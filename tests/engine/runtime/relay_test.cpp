// SPDX-License-Identifier: Apache-2.0
// A graph cut at a durable relay: the input half stores, the output half replays from the committed position. A run
// that is torn down in full flow and started again loses nothing, and repeats nothing before its last commit.
#include <algorithm>
#include <set>
#include <thread>

#include "checks.hpp"
#include "gather.hpp"
#include "held_sink.hpp"
#include "log_relay.hpp"

using namespace sluice;
using namespace sluice::testing;
using engine::GraphRuntime;

namespace {

void add_input_half(GraphBuilder& graph, NumbersState& numbers, LogState& log) {
  graph.node("numbers", numbers_type, numbers);
  graph.node("log.in", log_type, log, {}).role = SLUICE_ROLE_RELAY_INPUT;
  graph.buffered("numbers", "log.in", {64, 1 << 20});
}

void add_output_half(GraphBuilder& graph, GatherState& gather, CollectState& collected, LogState& log) {
  auto& output = graph.node("log.out", log_type, log);
  output.role = SLUICE_ROLE_RELAY_OUTPUT;
  output.inputs.clear();
  output.facts.replay = sluice::Replay::from_commit;
  graph.node("gather", gather_type, gather);
  graph.node("collect", collect_type, collected);
  graph.edge("log.out", "gather");
  graph.buffered("gather", "collect", {100, 1 << 20});
}

}  // namespace

TEST_CASE("both halves of a relay run in one process, and a stop drains through them") {
  NumbersState numbers{.total = 500, .per_batch = 9};
  GatherState gather{.records = 30};
  CollectState collected;
  LogState log;
  GraphBuilder graph;
  add_input_half(graph, numbers, log);
  add_output_half(graph, gather, collected, log);
  GraphRuntime runtime(graph.build(), {});
  begin(runtime);
  REQUIRE(log.signal.wait([&] { return log.size() == 500; }));
  runtime.request_stop();
  runtime.wait();
  require_no_failure(runtime);
  const auto report = runtime.report();
  require_balance(report);
  // What the output half had not read when it was stopped stays in the log, and only that.
  CHECK(collected.snapshot() == first_numbers(static_cast<uint64_t>(log.committed)));
  CHECK(node_in(report, "numbers").account.count(records::Verdict::delivered) == 500);
}

namespace {

void add_memory_relay(GraphBuilder& graph, NumbersState& numbers, GatherState& gather, CollectState& collected,
                      LogState& log) {
  log.is_durable = false;
  add_input_half(graph, numbers, log);
  add_output_half(graph, gather, collected, log);
  give_both_halves_one_name(graph);
}

/// A stop was asked for; afterwards the source of the first stage, `numbers`, has sent its marker.
void await_drain_of_source(GraphRuntime& runtime, NumbersState& numbers) {
  CHECK_FALSE(runtime.wait_for(std::chrono::milliseconds(0)));
  let_turn(runtime, 0, 3, [&] { numbers.context.wake(); });
}

}  // namespace

TEST_CASE("a run that ends by itself reads a relay in memory to its end, whenever its source ends") {
  for (int round = 0; round < 100; ++round) {
    NumbersState numbers{.total = 3, .per_batch = 1};
    GatherState gather{.records = 30};
    CollectState collected;
    LogState log;
    log.is_durable = false;
    log.is_readable = false;
    GraphBuilder graph;
    graph.node("numbers", numbers_type, numbers);
    graph.node("log.in", log_type, log, {}).role = SLUICE_ROLE_RELAY_INPUT;
    graph.edge("numbers", "log.in");
    add_output_half(graph, gather, collected, log);
    give_both_halves_one_name(graph);
    GraphRuntime runtime(graph.build(), {});
    begin(runtime);
    // Looked at without a pause: somewhere in between the source ends.
    while (!runtime.ending().is_ending() && !runtime.wait_for(std::chrono::milliseconds(0))) {
    }
    {
      const std::lock_guard lock(log.mutex);
      log.is_readable = true;
      if (log.has_reader) log.reader.wake();
    }
    runtime.wait();
    require_no_failure(runtime);
    require_balance(runtime.report());
    REQUIRE(collected.snapshot() == first_numbers(3));
  }
}

TEST_CASE("a stop drains through a relay in memory: all that its input half accepted arrives") {
  const bool ends_by_itself = GENERATE(true, false);
  NumbersState numbers{.total = 20'000, .per_batch = 9, .ends = ends_by_itself};
  GatherState gather{.records = 30};
  CollectState collected;
  LogState log;
  GraphBuilder graph;
  add_memory_relay(graph, numbers, gather, collected, log);
  GraphRuntime runtime(graph.build(), {});
  begin(runtime);
  if (!ends_by_itself) {
    REQUIRE(log.signal.wait([&] { return log.size() > 500; }));
    runtime.request_stop();
  }
  runtime.wait();
  require_no_failure(runtime);
  const auto report = runtime.report();
  require_balance(report);
  CHECK(collected.snapshot() == first_numbers(log.size()));
  CHECK(node_in(report, "numbers").account.count(records::Verdict::accepted) == log.size());
  REQUIRE(report.relays.size() == 1);
  CHECK(report.relays[0].accepted == log.size());
  CHECK(report.relays[0].left() == 0);
  if (ends_by_itself) CHECK(log.size() == 20'000);
}

TEST_CASE("what the output half of a relay in memory did not read by the deadline is said to be left") {
  NumbersState numbers{.total = 300, .per_batch = 9, .ends = false};
  GatherState gather{.records = 30};
  CollectState collected;
  LogState log;
  log.is_readable = false;
  GraphBuilder graph;
  add_memory_relay(graph, numbers, gather, collected, log);
  engine::RuntimeOptions options;
  options.drain_deadline_ns = 1;
  GraphRuntime runtime(graph.build(), std::move(options));
  begin(runtime);
  REQUIRE(log.signal.wait([&] { return log.size() == 300; }));
  runtime.request_stop();
  runtime.wait();
  const auto report = runtime.report();
  REQUIRE(report.relays.size() == 1);
  CHECK(report.relays[0].left() == 300);
  CHECK(collected.snapshot().empty());
}

TEST_CASE("a relay in memory that takes dead letters is read until nothing can be refused any more") {
  const bool is_of_an_edge_before = GENERATE(false, true);
  NumbersState numbers{.total = 30, .per_batch = 10, .has_positions = true, .ends = false};
  FunctionState pass = pass_on();
  HeldState store;
  GatherState gather{.records = 1'000};
  CollectState collected;
  LogState log;
  log.is_durable = false;
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers).facts.replay = sluice::Replay::from_commit;
  graph.node("pass", transform_function_type, pass);
  graph.node("store", held_type, store).facts.max_in_flight = 10;
  graph.node("log.in", log_type, log, {}).role = SLUICE_ROLE_RELAY_INPUT;
  const uint16_t to_log = graph.dead_letter("log.in");
  graph.edge("numbers", "pass").dead_letter = is_of_an_edge_before ? to_log : uint16_t{0};
  auto& taking_over = graph.buffered("pass", "store", {100, 1 << 20});
  taking_over.commit = engine::Commit::on_accept;
  taking_over.dead_letter = is_of_an_edge_before ? uint16_t{0} : to_log;
  add_output_half(graph, gather, collected, log);
  // What this edge takes over settles only behind the marker of the relay's own output half.
  auto& behind = *std::find_if(graph.plan.edges.begin(), graph.plan.edges.end(),
                               [](const auto& edge) { return edge.name == "log.out -> gather"; });
  behind.buffered = true;
  behind.bound = {100, 1 << 20};
  behind.commit = engine::Commit::on_accept;
  give_both_halves_one_name(graph);
  GraphRuntime runtime(graph.build(), {});
  begin(runtime);
  REQUIRE(store.wait_for(3));
  runtime.request_stop();
  await_drain_of_source(runtime, numbers);
  CHECK_FALSE(runtime.wait_for(std::chrono::milliseconds(0)));
  while (store.count() > 0) store.take().fail(permanent("late"));
  runtime.wait();
  require_no_failure(runtime);
  const auto report = runtime.report();
  require_balance(report);
  CHECK(collected.snapshot() == first_numbers(30));
  REQUIRE(report.relays.size() == 1);
  CHECK(report.relays[0].accepted == 30);
  CHECK(report.relays[0].left() == 0);
}

TEST_CASE("a relay in memory is not stopped while a record slips from one on_accept edge into the next") {
  for (uint64_t round = 0; round < 20; ++round) {
    NumbersState numbers{.total = 1, .per_batch = 1, .has_positions = true, .ends = false};
    FunctionState slow = pass_on();
    GatherState gather{.records = 30};
    CollectState collected;
    LogState log;
    log.is_durable = false;
    GraphBuilder graph;
    graph.node("numbers", numbers_type, numbers).facts.replay = sluice::Replay::from_commit;
    graph.node("slow", transform_function_type, slow, {"out", "unused"});
    graph.node("log.in", log_type, log, {}).role = SLUICE_ROLE_RELAY_INPUT;
    // Whoever looks at the edges in order looks against the stream, and long enough that the record slips meanwhile.
    const auto take_over = [&](const char* from, const char* to, uint32_t port) {
      graph.buffered(from, to, {3, 1 << 20}, port).commit = engine::Commit::on_accept;
    };
    take_over("slow", "log.in", 0);
    for (int i = 0; i < 500; ++i) take_over("slow", "log.in", 1);
    take_over("numbers", "slow", 0);
    add_output_half(graph, gather, collected, log);
    give_both_halves_one_name(graph);
    GraphRuntime runtime(graph.build(), {});
    std::atomic<uint64_t> looks{0};
    slow.process = [&](Context& context, Batch batch) -> Result<void> {
      while (looks < 5 + round % 5 && !runtime.is_closing()) std::this_thread::yield();
      context.emit(0, std::move(batch));
      return {};
    };
    begin(runtime);
    REQUIRE(numbers.signal.wait([&] { return numbers.committed == 1; }));
    runtime.request_stop();
    await_drain_of_source(runtime, numbers);
    for (; looks < 20; ++looks) runtime.wait_for(std::chrono::milliseconds(0));
    runtime.wait();
    require_no_failure(runtime);
    require_balance(runtime.report());
    CHECK(collected.snapshot() == first_numbers(1));
  }
}

TEST_CASE("after a crash in full flow nothing is lost, and what repeats lies behind the last commit") {
  for (uint64_t round = 1; round <= 12; ++round) {
    LogState log;
    CollectState before;
    int64_t committed_at_crash = 0;
    {
      NumbersState numbers{.total = 5'000, .per_batch = 9};
      GatherState gather{.records = 30};
      GraphBuilder graph;
      add_input_half(graph, numbers, log);
      add_output_half(graph, gather, before, log);
      GraphRuntime runtime(graph.build(), {});
      begin(runtime);
      REQUIRE(before.signal.wait([&] { return before.snapshot().size() > round * 100; }));
      runtime.request_abort();
      runtime.wait();
      require_no_failure(runtime);
      require_balance(runtime.report());
      committed_at_crash = log.committed;
    }
    CollectState after;
    GatherState gather{.records = 30, .within_ns = 1'000'000};
    GraphBuilder graph;
    add_output_half(graph, gather, after, log);
    GraphRuntime runtime(graph.build(), {});
    begin(runtime);
    const size_t left = log.size() - static_cast<size_t>(committed_at_crash);
    REQUIRE(after.signal.wait([&] { return after.snapshot().size() >= left; }));
    runtime.request_stop();
    runtime.wait();
    require_no_failure(runtime);
    require_balance(runtime.report());
    CHECK(log.committed == static_cast<int64_t>(log.size()));
    std::set<uint64_t> all;
    for (const uint64_t number : before.snapshot()) CHECK(all.insert(number).second);
    for (const uint64_t number : after.snapshot()) {
      CHECK(number >= static_cast<uint64_t>(committed_at_crash));
      all.insert(number);
    }
    CHECK(all.size() == log.size());
  }
}
