// SPDX-License-Identifier: Apache-2.0
// A flush says why it comes, over direct and buffered edges, and past what is parked.
#include "checks.hpp"
#include "held_sink.hpp"

using namespace sluice;
using namespace sluice::testing;
using engine::GraphRuntime;

namespace {

/// numbers -> notes -> collect, of which `notes` keeps what it gets until a flush, and the reasons of flushes.
struct Noted {
  Noted() {
    numbers.has_positions = true;
    builder.node("numbers", numbers_type, numbers).facts.replay = Replay::from_commit;
    builder.node("notes", transform_function_type, notes);
    builder.node("collect", collect_type, collected);
    builder.buffered("numbers", "notes", {1'000, 1 << 20});
    builder.buffered("notes", "collect", {1'000, 1 << 20});
  }
  [[nodiscard]] bool wait_for(Flush why) {
    return signal.wait([&] {
      const std::lock_guard lock(mutex);
      return std::count(whys.begin(), whys.end(), why) > 0;
    });
  }
  NumbersState numbers;
  CollectState collected;
  std::mutex mutex;
  std::vector<Flush> whys;  ///< guarded by mutex while the graph runs
  Signal signal;
  std::vector<Batch> kept;
  FunctionState notes{.process = [this](Context&, Batch batch) -> Result<void> {
                        kept.push_back(std::move(batch));
                        return {};
                      },
                      .flush = [this](Context& context, Flush why) -> Result<void> {
                        for (Batch& batch : std::exchange(kept, {})) context.emit(0, std::move(batch));
                        {
                          const std::lock_guard lock(mutex);
                          whys.push_back(why);
                        }
                        signal.notify();
                        return {};
                      }};
  GraphBuilder builder;
};

}  // namespace

TEST_CASE("a source that ends says so, and one that is stopped says that the run drains") {
  {
    Noted ends;
    ends.numbers.total = 0;
    GraphRuntime runtime(ends.builder.build(), {});
    run_to_end(runtime);
    CHECK(ends.whys == std::vector{Flush::end});
  }
  Noted stopped;
  stopped.numbers.total = 0;
  stopped.numbers.ends = false;
  GraphRuntime runtime(stopped.builder.build(), {});
  begin(runtime);
  runtime.request_stop();
  runtime.wait();
  require_no_failure(runtime);
  CHECK(stopped.whys == std::vector{Flush::drain});
}

TEST_CASE("a source at its bound and a partition that goes say why, too") {
  Noted graph;
  graph.numbers.total = 100;
  graph.numbers.ends = false;
  graph.builder.plan.nodes[0].in_flight = {20, 1 << 20};
  std::atomic<bool> revoke{false};
  std::atomic<bool> is_released{false};
  graph.numbers.before_poll = [&](Context& context) {
    if (revoke.exchange(false)) context.revoke_partition(graph.numbers.partition);
  };
  graph.numbers.on_released = [&](Context&, uint32_t) {
    graph.numbers.limit = graph.numbers.emitted.load();
    is_released = true;
  };
  GraphRuntime runtime(graph.builder.build(), {});
  begin(runtime);
  REQUIRE(graph.wait_for(Flush::starved));
  revoke = true;
  graph.numbers.context.wake();
  REQUIRE(graph.wait_for(Flush::revoke));
  REQUIRE(graph.numbers.signal.wait([&] { return is_released.load(); }));
  runtime.request_stop();
  runtime.wait();
  require_no_failure(runtime);
  CHECK(graph.whys.back() == Flush::drain);
}

TEST_CASE("of flushes that wait behind the same batch, the highest arrives, once") {
  // `held` has no room, so the second batch is parked in front of it, and both flushes wait there.
  NumbersState numbers{.total = 20, .per_batch = 10, .has_positions = true, .ends = false};
  std::atomic<bool> revoke{false};
  numbers.before_poll = [&](Context& context) {
    if (revoke.exchange(false)) context.revoke_partition(numbers.partition);
  };
  HeldState held;
  FunctionState halves{.process = [](Context& context, Batch batch) -> Result<void> {
    context.emit(0, batch.cut(5));
    context.emit(0, std::move(batch));
    return {};
  }};
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers).facts.replay = Replay::from_commit;
  graph.node("halves", transform_function_type, halves);
  graph.node("held", held_type, held);
  graph.edge("numbers", "halves");
  graph.edge("halves", "held");
  numbers.limit = 10;
  GraphRuntime runtime(graph.build(), {.log = {}});
  begin(runtime);
  REQUIRE(held.wait_for(1));
  revoke = true;
  numbers.context.wake();
  let_turn(runtime, 0, 2, [&] { numbers.context.wake(); });
  runtime.request_stop();
  REQUIRE_FALSE(runtime.wait_for(std::chrono::milliseconds(1)));
  let_turn(runtime, 0, 2, [&] { numbers.context.wake(); });
  CHECK(held.flushes == 0);
  held.take().deliver();
  REQUIRE(held.wait_for(1));
  held.take().deliver();
  runtime.wait();
  require_no_failure(runtime);
  CHECK(held.flushes == 1);
  CHECK(held.last_flush == Flush::drain);
}
