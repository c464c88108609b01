// SPDX-License-Identifier: Apache-2.0
// A plugin's thread may be late: its context, its metrics and the host's table outlive the graph, and whatever it does
// then does nothing. For AddressSanitizer and ThreadSanitizer as much as for what it checks itself.
#include <latch>

#include "checks.hpp"
#include "held_sink.hpp"

using namespace sluice;
using namespace sluice::testing;
using engine::GraphRuntime;

namespace {

/// numbers -> keep -> held, stopped at once: what the test has taken out of the sink stays unsettled.
struct Gone {
  Gone() {
    GraphBuilder graph;
    graph.node("numbers", numbers_type, numbers).facts.replay = Replay::from_commit;
    graph.node("absorbs", transform_function_type, absorbs).facts.absorbs = true;
    graph.node("held", held_type, held).facts.max_in_flight = 100;
    graph.edge("numbers", "absorbs");
    graph.buffered("absorbs", "held", {1'000, 1 << 20});
    graph.plan.attributes = {{"key", SLUICE_VALUE_INTEGER}};
    runtime.emplace(graph.build(), engine::RuntimeOptions{.drain_deadline_ns = 0, .log = {}});
    begin(*runtime);
  }
  void take_all() {
    REQUIRE(held.wait_for(8));
    while (held.count() > 0) batches.push_back(held.take());
    metric = held.context.counter("late_total", "What comes late.");
  }
  void end() {
    runtime->request_abort();
    runtime->wait();
    runtime.reset();
  }

  NumbersState numbers{.total = 100, .per_batch = 10, .has_positions = true, .ends = false};
  Token token;
  Context transform;
  FunctionState absorbs{.process = [this](Context& context, Batch batch) -> Result<void> {
    transform = context;
    if (number_of(batch[0]) >= 80) {
      context.absorb(token, std::move(batch));
    } else {
      context.emit(0, std::move(batch));
    }
    return {};
  }};
  HeldState held;
  std::vector<Batch> batches;
  Metric metric;
  std::optional<GraphRuntime> runtime;
};

}  // namespace

TEST_CASE("a thread that settles, counts and logs after the graph has gone does nothing") {
  Gone gone;
  gone.take_all();
  REQUIRE(gone.numbers.signal.wait([&] { return gone.numbers.emitted == 100; }));
  gone.end();
  const Context& context = gone.held.context;
  std::thread([&] {
    context.info("late");
    context.stop(bug("late"));
    context.blocked("late");
    context.ready();
    context.hold(true);
    context.hold(false);
    context.wake();
    context.lag("0", 1);
    context.committed(0, 10);
    context.commit_failed(0, 10, transient("late"));
    gone.metric.add(3);
    const Metric other = context.gauge("other", "Made late.");
    other.set(4);
    CHECK(context.intern("late") == "late");
    CHECK(context.monotonic_ns() > 0);
    static_cast<void>(context.random());

    std::move(gone.batches[0]).deliver();
    std::move(gone.batches[1]).fail(permanent("late"));
    std::move(gone.batches[2]).discard("late");
    std::move(gone.batches[3]).accept();
    gone.batches[4].cut(3).deliver();
    gone.batches[4].merge(std::move(gone.batches[5]));
    const std::vector<uint8_t> lanes(gone.batches[4].size(), 1);
    std::vector<Batch> parts = std::move(gone.batches[4]).split(lanes.data(), 2);
    REQUIRE(parts[1].size() == 17);
    const std::vector<uint32_t> twice(17, 2);
    Batch expanded = std::move(parts[1]).expand(twice.data());
    CHECK(expanded.size() == 34);
    const std::vector<uint32_t> pairs(5, 2);
    Batch folded = std::move(gone.batches[6]).fold(pairs.data(), 5);
    CHECK(folded.size() == 5);
    std::move(folded).deliver();
    gone.transform.absorb(gone.token, std::move(gone.batches[7]));
    CHECK_FALSE(gone.token.may_relinquish());
    Batch fresh = context.new_batch(1);
    const Buffer buffer = context.new_buffer(1);
    fresh.append().set_payload(buffer.data(), 1, fresh.pin(buffer));
    gone.transform.bind(fresh, std::move(gone.token));
    Token none;
    gone.transform.absorb(none, std::move(expanded));
    std::move(none).relinquish();
    Token dropped;
    gone.transform.absorb(dropped, std::move(fresh));
  }).join();
  CHECK(gone.numbers.committed == 0);
}

TEST_CASE("a graph may go while threads of its plugins call") {
  for (int round = 0; round < 20; ++round) {
    Gone gone;
    gone.take_all();
    std::atomic<bool> is_over{false};
    std::latch running(3);
    const auto hammer = [&](auto&& call) {
      return std::thread([&is_over, &running, call] {
        call();
        running.count_down();
        while (!is_over) call();
      });
    };
    const Context context = gone.held.context;
    std::vector<std::thread> threads;
    threads.push_back(hammer([&gone, context] {
      context.wake();
      context.lag("0", 1);
      gone.metric.add();
    }));
    threads.push_back(hammer([context] {
      context.blocked("the test calls");
      context.info("the test calls");
      context.counter("late_total", "What comes late.").add();
    }));
    // Each record of the batches settles alone, before, while and after the graph goes.
    threads.push_back(hammer([&gone] {
      if (gone.batches.empty()) return;
      Batch& last = gone.batches.back();
      Batch one = last.size() > 1 ? last.cut(1) : std::move(last);
      if (!last) gone.batches.pop_back();
      std::move(one).deliver();
    }));
    running.wait();
    gone.end();
    is_over = true;
    for (std::thread& thread : threads) thread.join();
    gone.batches.clear();
    gone.token = Token();
  }
}
