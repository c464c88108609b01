// SPDX-License-Identifier: Apache-2.0
// A run ends in its time whatever plugins do: nodes of one kind close side by side, who hangs is left behind by name,
// and what a sink gives back unfinished is unsettled.
#include <barrier>
#include <cstdlib>

#include "checks.hpp"
#include "held_sink.hpp"

using namespace sluice;
using namespace sluice::testing;
using engine::GraphRuntime;
using engine::RuntimeOptions;

namespace {

/// Something that a plugin waits for, as for a frozen server; the test lets it go when it is done looking.
class Frozen {
 public:
  void wait() {
    // Not an assertion of the test's: Catch takes those from one thread at a time.
    if (!signal_.wait([this] { return is_thawed_.load(); })) std::abort();
  }
  void thaw() {
    is_thawed_ = true;
    signal_.notify();
  }

 private:
  std::atomic<bool> is_thawed_{false};
  Signal signal_;
};

FunctionState deliver() {
  return {.process = [](Context&, Batch batch) -> Result<void> {
    std::move(batch).deliver();
    return {};
  }};
}

RuntimeOptions without_drain() { return {.drain_deadline_ns = 0, .revoke_deadline_ns = 0, .log = {}}; }

/// Holds what it is given, and gives all of it back, unstored, when it is closed.
void give_back_when_closed(FunctionState& sink, HeldState& held) {
  sink.process = [&held](Context&, Batch batch) -> Result<void> {
    {
      const std::lock_guard lock(held.mutex);
      held.batches.push_back(std::move(batch));
    }
    held.signal.notify();
    return {};
  };
  sink.close = [&held] {
    while (held.count() > 0) held.take().fail(transient("the database is away", "08006"));
  };
}

}  // namespace

TEST_CASE("nodes of one kind close side by side") {
  NumbersState numbers{.total = 10, .per_batch = 5};
  FunctionState left = deliver();
  FunctionState right = deliver();
  std::barrier both(2);
  left.close = right.close = [&] { both.arrive_and_wait(); };
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers);
  graph.node("left", sink_function_type, left);
  graph.node("right", sink_function_type, right);
  graph.buffered("numbers", "left", {100, 1 << 20});
  graph.buffered("numbers", "right", {100, 1 << 20});
  GraphRuntime runtime(graph.build(), {});
  run_to_end(runtime);
  CHECK(runtime.left_behind().empty());
}

TEST_CASE("a node that hangs while it closes is left behind by name, and the others close") {
  NumbersState numbers{.total = 10, .per_batch = 5, .ends = false};
  FunctionState pass = pass_on();
  FunctionState sink = deliver();
  Frozen server;
  std::atomic<bool> has_closed{false};
  pass.close = [&] { server.wait(); };
  sink.close = [&] { has_closed = true; };
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers);
  graph.node("pass", transform_function_type, pass);
  graph.node("sink", sink_function_type, sink);
  graph.buffered("numbers", "pass", {100, 1 << 20});
  graph.buffered("pass", "sink", {100, 1 << 20});
  GraphRuntime runtime(graph.build(), without_drain());
  begin(runtime);
  runtime.request_abort();
  runtime.wait();
  CHECK(runtime.left_behind() == std::vector<std::string>{"pass"});
  CHECK(has_closed);
  require_balance(runtime.report());
  server.thaw();
}

TEST_CASE("a stage whose node never returns is left behind with all its nodes, and the others close") {
  NumbersState numbers{.total = 10, .per_batch = 5, .has_positions = true, .ends = false};
  Frozen server;
  Signal entered;
  std::atomic<bool> is_in{false};
  std::atomic<bool> has_closed{false};
  FunctionState pass = pass_on();
  pass.process = [&](Context& context, Batch batch) -> Result<void> {
    is_in = true;
    entered.notify();
    server.wait();
    context.emit(0, std::move(batch));
    return {};
  };
  FunctionState sink = deliver();
  sink.close = [&] { has_closed = true; };
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers).facts.replay = sluice::Replay::from_commit;
  graph.node("pass", transform_function_type, pass);
  graph.node("sink", sink_function_type, sink);
  graph.edge("numbers", "pass");
  graph.buffered("pass", "sink", {100, 1 << 20});
  GraphRuntime runtime(graph.build(), without_drain());
  begin(runtime);
  REQUIRE(entered.wait([&] { return is_in.load(); }));
  runtime.request_stop();
  runtime.wait();
  CHECK(runtime.left_behind() == std::vector<std::string>{"numbers", "pass"});
  CHECK(has_closed);
  const auto report = runtime.report();
  CHECK(node_in(report, "numbers").account.unsettled == 5);
  CHECK(engine::judge(report).will_be_replayed == 5);
  server.thaw();
}

TEST_CASE("a source whose stage ends after it was given up is not closed beside another thread that may wake it") {
  // The stages, in this order: `late` hangs in its poll; a wake of `held`, whose stage has ended, holds up the end.
  NumbersState late{.total = 0, .ends = false};
  NumbersState held{.total = 0};
  Frozen poll_of_late;
  Frozen poll_of_held;
  Frozen wake_of_held;
  Signal entered;
  std::atomic<int> in_polls{0};
  std::atomic<bool> is_in_wake{false};
  std::atomic<bool> late_has_closed{false};
  late.before_poll = [&](Context&) {
    ++in_polls;
    entered.notify();
    poll_of_late.wait();
  };
  late.on_close = [&] { late_has_closed = true; };
  held.before_poll = [&](Context&) {
    ++in_polls;
    entered.notify();
    poll_of_held.wait();
  };
  held.on_wake = [&] {
    is_in_wake = true;
    entered.notify();
    wake_of_held.wait();
  };
  FunctionState left = deliver();
  FunctionState right = deliver();
  GraphBuilder graph;
  graph.node("late", numbers_type, late);
  graph.node("held", numbers_type, held);
  graph.node("left", sink_function_type, left);
  graph.node("right", sink_function_type, right);
  graph.buffered("late", "left", {100, 1 << 20});
  graph.buffered("held", "right", {100, 1 << 20});
  GraphRuntime runtime(graph.build(), without_drain());
  begin(runtime);
  REQUIRE(entered.wait([&] { return in_polls == 2; }));
  std::thread waker([&] { held.context.wake(); });
  REQUIRE(entered.wait([&] { return is_in_wake.load(); }));
  poll_of_held.thaw();
  runtime.request_abort();
  std::thread ender([&] { runtime.wait(); });
  while (runtime.left_behind().empty()) std::this_thread::yield();
  poll_of_late.thaw();
  wake_of_held.thaw();
  waker.join();
  ender.join();
  CHECK(runtime.left_behind().front() == "late");
  CHECK_FALSE(late_has_closed);
}

TEST_CASE("a source that hangs in its wake does not hold up the end of a run") {
  NumbersState numbers{.total = 0, .ends = false};
  Frozen poll;
  Frozen wake;
  Signal entered;
  std::atomic<bool> is_in_poll{false};
  std::atomic<bool> has_closed{false};
  numbers.before_poll = [&](Context&) {
    is_in_poll = true;
    entered.notify();
    poll.wait();
  };
  bool ends_its_poll = false;
  SECTION("inside its poll") {}
  SECTION("although its stage has ended") { ends_its_poll = true; }
  numbers.on_wake = [&] {
    if (ends_its_poll) poll.thaw();
    wake.wait();
  };
  FunctionState sink = deliver();
  sink.close = [&] { has_closed = true; };
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers);
  graph.node("sink", sink_function_type, sink);
  graph.buffered("numbers", "sink", {100, 1 << 20});
  GraphRuntime runtime(graph.build(), without_drain());
  begin(runtime);
  REQUIRE(entered.wait([&] { return is_in_poll.load(); }));
  runtime.request_stop();
  runtime.wait();
  CHECK(runtime.left_behind() == std::vector<std::string>{"numbers"});
  CHECK(has_closed);
  poll.thaw();
  wake.thaw();
}

TEST_CASE("what a source says is gone from where it came is not called replayable") {
  for (const bool is_gone : {false, true}) {
    NumbersState numbers{.total = 30, .per_batch = 10, .has_positions = true, .ends = false};
    HeldState held;
    FunctionState sink;
    give_back_when_closed(sink, held);
    GraphBuilder graph;
    graph.node("numbers", numbers_type, numbers).facts.replay = sluice::Replay::from_commit;
    graph.node("sink", sink_function_type, sink).facts.max_in_flight = 3;
    graph.edge("numbers", "sink");
    GraphRuntime runtime(graph.build(), without_drain());
    begin(runtime);
    REQUIRE(held.signal.wait([&] { return held.count() == 3; }));
    numbers.context.stop(operator_needed("the topic was made anew", is_gone ? SLUICE_POSITION_GONE : ""));
    runtime.wait();
    const auto verdict = engine::judge(runtime.report());
    CHECK(verdict.may_be_lost == (is_gone ? 30 : 0));
    CHECK(verdict.will_be_replayed == (is_gone ? 0 : 30));
  }
}

TEST_CASE("what a sink gives back while it closes is unsettled and not failed") {
  NumbersState numbers{.total = 30, .per_batch = 10, .has_positions = true, .ends = false};
  HeldState held;
  FunctionState sink;
  give_back_when_closed(sink, held);
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers).facts.replay = sluice::Replay::from_commit;
  graph.node("sink", sink_function_type, sink).facts.max_in_flight = 3;
  graph.edge("numbers", "sink");
  GraphRuntime runtime(graph.build(), without_drain());
  begin(runtime);
  REQUIRE(held.signal.wait([&] { return held.count() == 3; }));
  runtime.request_stop();
  runtime.wait();
  require_no_failure(runtime);
  const auto report = runtime.report();
  require_balance(report);
  CHECK(settled_as(node_in(report, "sink"), records::Verdict::failed) == 0);
  CHECK(node_in(report, "sink").held == 30);
  CHECK(node_in(report, "numbers").account.count(records::Verdict::failed) == 0);
  CHECK(node_in(report, "numbers").account.unsettled == 30);
  CHECK(engine::judge(report).will_be_replayed == 30);
}

TEST_CASE("a stop while nodes open or start ends the run before a source starts") {
  NumbersState numbers{.total = 10, .per_batch = 5, .ends = false};
  FunctionState sink = deliver();
  int closed = 0;
  sink.close = [&] { ++closed; };
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers);
  graph.node("sink", sink_function_type, sink);
  graph.buffered("numbers", "sink", {100, 1 << 20});
  GraphRuntime* running = nullptr;
  const auto stop = [&](Context&) -> Result<void> {
    running->request_stop();
    return {};
  };
  SECTION("open") { sink.open = stop; }
  SECTION("start") { sink.start = stop; }
  SECTION("an abort while they open closes what is open, and nothing starts") {
    sink.open = [&](Context&) -> Result<void> {
      running->request_abort();
      return {};
    };
    sink.start = [](Context&) -> Result<void> { return bug("it must not start"); };
  }
  GraphRuntime runtime(graph.build(), {});
  running = &runtime;
  begin(runtime);
  runtime.wait();
  require_no_failure(runtime);
  require_balance(runtime.report());
  CHECK_FALSE(runtime.has_flowed());
  CHECK(closed == 1);
  CHECK(numbers.emitted == 0);
}
