// SPDX-License-Identifier: Apache-2.0
// A sink owns at most max_in_flight batches, however it merges, splits and settles them, and none while it holds.
#include <thread>

#include "checks.hpp"
#include "held_sink.hpp"

using namespace sluice;
using namespace sluice::testing;
using engine::GraphRuntime;

namespace {

struct Setup {
  Setup(bool is_buffered, uint64_t max_in_flight, uint64_t total) {
    numbers.total = total;
    numbers.per_batch = 5;
    graph.node("numbers", numbers_type, numbers);
    graph.node("held", held_type, held).facts.max_in_flight = max_in_flight;
    if (is_buffered) {
      graph.buffered("numbers", "held", {50, 1 << 20});
    } else {
      graph.edge("numbers", "held");
    }
  }
  void wait_until_blocked() {
    for (int i = 0; i < 5; ++i) {
      const int before = numbers.polls_without_credit;
      numbers.context.wake();
      REQUIRE(numbers.signal.wait([&] { return numbers.polls_without_credit > before; }));
    }
  }
  NumbersState numbers{};
  HeldState held{};
  GraphBuilder graph;
};

}  // namespace

TEST_CASE("max_in_flight is hard while several threads settle") {
  for (const bool is_buffered : {false, true}) {
    Setup setup(is_buffered, 3, 20'000);
    GraphRuntime runtime(setup.graph.build(), {});
    begin(runtime);
    std::atomic<uint64_t> settled{0};
    std::vector<std::thread> settlers;
    std::mutex taking;
    for (int i = 0; i < 2; ++i) {
      settlers.emplace_back([&] {
        while (settled < 20'000) {
          Batch batch;
          {
            const std::lock_guard lock(taking);
            if (setup.held.count() > 0) batch = setup.held.take();
          }
          if (!batch) {
            std::this_thread::yield();
            continue;
          }
          settled += batch.size();
          std::move(batch).deliver();
        }
      });
    }
    runtime.wait();
    for (auto& settler : settlers) settler.join();
    require_no_failure(runtime);
    require_balance(runtime.report());
    CHECK(setup.held.most_at_once <= 3);
  }
}

TEST_CASE("a sink that merges what it owns makes room, from whatever thread") {
  for (const bool is_buffered : {false, true}) {
    Setup setup(is_buffered, 2, 1'000);
    GraphRuntime runtime(setup.graph.build(), {});
    begin(runtime);
    REQUIRE(setup.held.wait_for(2));
    setup.wait_until_blocked();
    Batch all = setup.held.take();
    for (int i = 0; i < 5; ++i) {
      REQUIRE(setup.held.wait_for(1));
      all.merge(setup.held.take());
    }
    CHECK(all.size() == 30);
    // Into a fresh batch: that one owns the records then, and counts.
    Batch fresh = setup.held.context.new_batch(0);
    fresh.merge(std::move(all));
    REQUIRE(setup.held.wait_for(1));
    setup.wait_until_blocked();
    CHECK(setup.held.count() == 1);
    // Splitting makes more of them: no room until all but one are settled.
    std::vector<uint8_t> lanes(fresh.size());
    for (size_t i = 0; i < lanes.size(); ++i) lanes[i] = static_cast<uint8_t>(i % 3);
    auto parts = std::move(fresh).split(lanes.data(), 3);
    std::move(parts[0]).deliver();
    setup.wait_until_blocked();
    CHECK(setup.held.count() == 1);
    std::move(parts[1]).deliver();
    std::move(parts[2]).deliver();
    REQUIRE(setup.held.wait_for(2));
    runtime.request_abort();
    runtime.wait();
    require_no_failure(runtime);
    require_balance(runtime.report());
  }
}

TEST_CASE("hold withdraws credit although there is room, and gives it back") {
  for (const bool is_buffered : {false, true}) {
    Setup setup(is_buffered, 1'000, 100);
    setup.numbers.limit = 5;
    GraphRuntime runtime(setup.graph.build(), {});
    begin(runtime);
    REQUIRE(setup.held.wait_for(1));
    setup.held.context.hold(true);
    // A turn that began before may have found room still: each stage is let through two that begin after.
    for (size_t stage = 0; stage < runtime.report().stages.size(); ++stage) {
      let_turn(runtime, stage, 2, [&] {
        setup.held.context.wake();
        setup.numbers.context.wake();
      });
    }
    setup.numbers.limit = 100;
    setup.numbers.context.wake();
    if (is_buffered) {
      REQUIRE(setup.numbers.signal.wait([&] { return setup.numbers.emitted == 55; }));
    }
    setup.wait_until_blocked();
    CHECK(setup.held.count() == 1);
    CHECK(setup.numbers.emitted == (is_buffered ? 55 : 5));
    setup.held.context.hold(false);
    REQUIRE(setup.held.wait_for(20));
    while (setup.held.count() > 0) setup.held.take().deliver();
    runtime.wait();
    require_no_failure(runtime);
    require_balance(runtime.report());
  }
}
