// SPDX-License-Identifier: Apache-2.0
// A call that fails stops the graph with the call's own words and the node's name; nodes open sinks first, close
// sources first, and none is called after it failed.
#include <algorithm>

#include "checks.hpp"
#include "held_sink.hpp"

using namespace sluice;
using namespace sluice::testing;
using engine::GraphRuntime;

namespace {

/// numbers -> transform -> sink, all in one stage or with buffers between.
struct Chain {
  explicit Chain(bool is_buffered) {
    graph.node("numbers", numbers_type, numbers).facts.replay = sluice::Replay::from_commit;
    graph.node("transform", transform_function_type, transform);
    graph.node("sink", sink_function_type, sink);
    if (is_buffered) {
      graph.buffered("numbers", "transform", {100, 1 << 20});
      graph.buffered("transform", "sink", {100, 1 << 20});
    } else {
      graph.edge("numbers", "transform");
      graph.edge("transform", "sink");
    }
    sink.process = [](Context&, Batch batch) -> Result<void> {
      std::move(batch).deliver();
      return {};
    };
  }
  /// Runs to the failure, which must be of this node, and gives its message.
  std::string failure_of(std::string_view node) {
    GraphRuntime runtime(graph.build(), {});
    begin(runtime);
    runtime.wait();
    REQUIRE(runtime.failure());
    CHECK(runtime.failure()->node == node);
    require_balance(runtime.report());
    return runtime.failure()->error.message;
  }
  NumbersState numbers{.total = 1'000, .per_batch = 10, .has_positions = true};
  FunctionState transform = pass_on();
  FunctionState sink;
  GraphBuilder graph;
};

}  // namespace

TEST_CASE("nodes open sinks first and close sources first; what a failed open leaves open is closed") {
  Chain chain(true);
  std::vector<std::string> calls;
  for (auto [state, name] : {std::pair{&chain.transform, "transform"}, std::pair{&chain.sink, "sink"}}) {
    state->open = [&calls, name = std::string(name)](Context&) -> Result<void> {
      calls.push_back("open " + name);
      return {};
    };
    state->close = [&calls, name = std::string(name)] { calls.push_back("close " + name); };
  }
  {
    GraphRuntime runtime(chain.graph.build(), {});
    run_to_end(runtime);
    CHECK(calls == std::vector<std::string>{"open sink", "open transform", "close transform", "close sink"});
  }
  calls.clear();
  chain.transform.open = [&](Context&) -> Result<void> { return Error{Category::operator_needed, "no licence", ""}; };
  GraphRuntime runtime(chain.graph.build(), {});
  const auto failure = runtime.open();
  REQUIRE(failure);
  CHECK(failure->node == "transform");
  CHECK(failure->error.message == "no licence");
  CHECK(calls == std::vector<std::string>{"open sink", "close sink"});
}

TEST_CASE("a graph that was opened and never started closes its nodes") {
  Chain chain(true);
  int closed = 0;
  chain.transform.close = chain.sink.close = [&closed] { ++closed; };
  {
    GraphRuntime runtime(chain.graph.build(), {});
    REQUIRE_FALSE(runtime.open());
  }
  CHECK(closed == 2);
}

TEST_CASE("no source is polled before everything behind it has started, or after a start failed") {
  for (const bool is_buffered : {false, true}) {
    Chain chain(is_buffered);
    std::atomic<bool> has_started{false};
    std::atomic<bool> came_too_early{false};
    chain.sink.start = [&](Context& context) -> Result<void> {
      // Gives the source every chance to be too early.
      for (int i = 0; i < 1'000; ++i) static_cast<void>(context.random());
      has_started = true;
      return {};
    };
    chain.numbers.before_poll = [&](Context&) { came_too_early = came_too_early || !has_started; };
    {
      GraphRuntime runtime(chain.graph.build(), {});
      run_to_end(runtime);
      CHECK_FALSE(came_too_early);
    }
    Chain failing(is_buffered);
    failing.sink.start = [](Context&) -> Result<void> { return bug("the sink cannot start"); };
    CHECK(failing.failure_of("sink") == "the sink cannot start");
    CHECK(failing.numbers.emitted == 0);
  }
}

TEST_CASE("an error of process is told, not that the call dropped its batch; the node is not called again") {
  for (const bool is_buffered : {false, true}) {
    Chain chain(is_buffered);
    int calls_after = 0;
    bool has_failed = false;
    chain.sink.process = [&](Context&, Batch batch) -> Result<void> {
      calls_after += has_failed ? 1 : 0;
      if (number_of(batch[0]) < 500) {
        std::move(batch).deliver();
        return {};
      }
      has_failed = true;
      return Error{Category::operator_needed, "the disk is full", "ENOSPC"};
    };
    CHECK(chain.failure_of("sink") == "the disk is full");
    CHECK(calls_after == 0);
    CHECK(chain.numbers.committed <= 500);
  }
}

TEST_CASE("a node that failed is not called again by one that goes on emitting") {
  Chain chain(false);
  chain.transform.process = [](Context& context, Batch batch) -> Result<void> {
    while (batch.size() > 1) context.emit(0, batch.cut(1));
    context.emit(0, std::move(batch));
    return {};
  };
  int calls = 0;
  chain.sink.process = [&](Context&, Batch batch) -> Result<void> {
    ++calls;
    std::move(batch).deliver();
    return bug("the first call fails");
  };
  CHECK(chain.failure_of("sink") == "the first call fails");
  CHECK(calls == 1);
}

TEST_CASE("an exception in poll, and an error of flush or of a timer, stop the graph by name") {
  {
    Chain chain(true);
    chain.numbers.before_poll = [&](Context&) {
      if (chain.numbers.emitted > 100) throw std::runtime_error("the socket is gone");
    };
    CHECK(chain.failure_of("numbers").find("the socket is gone") != std::string::npos);
  }
  {
    Chain chain(true);
    chain.transform.flush = [](Context&, Flush) -> Result<void> { return bug("cannot flush"); };
    CHECK(chain.failure_of("transform") == "cannot flush");
  }
  {
    Chain chain(true);
    chain.numbers.ends = false;
    chain.transform.start = [](Context& context) -> Result<void> {
      context.set_timer(1);
      return {};
    };
    chain.transform.timer = [](Context&) -> Result<void> { return bug("the timer fails"); };
    CHECK(chain.failure_of("transform") == "the timer fails");
  }
}

TEST_CASE("a transient failure that a sink gives up on stops the graph and moves no position") {
  Chain chain(true);
  chain.sink.process = [](Context&, Batch batch) -> Result<void> {
    std::move(batch).fail(Error{Category::transient, "the server is gone", "08006"});
    return {};
  };
  CHECK(chain.failure_of("sink") == "the server is gone");
  CHECK(chain.numbers.committed == 0);
}

TEST_CASE("a commit that is refused is asked again later") {
  Chain chain(true);
  chain.numbers.total = 10;
  std::atomic<int> asked{0};
  chain.numbers.on_commit = [&](Context& context, uint32_t partition, int64_t position) -> Result<void> {
    if (++asked == 1) return Error{Category::transient, "not the coordinator", ""};
    context.committed(partition, position);
    return {};
  };
  GraphRuntime runtime(chain.graph.build(), {});
  run_to_end(runtime);
  CHECK(asked == 2);
  CHECK(node_in(runtime.report(), "numbers").partitions.at(0).committed == 10);
}

TEST_CASE("a runtime that is destroyed while it runs stops its threads and closes its nodes") {
  Chain chain(true);
  chain.numbers.ends = false;
  int closed = 0;
  chain.sink.close = [&closed] { ++closed; };
  {
    GraphRuntime runtime(chain.graph.build(), {});
    begin(runtime);
    REQUIRE(chain.numbers.signal.wait([&] { return chain.numbers.emitted > 0; }));
  }
  CHECK(closed == 1);
}
