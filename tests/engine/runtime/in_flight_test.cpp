// SPDX-License-Identifier: Apache-2.0
// in_flight is hard. Where somebody wrote its records and the source commits, what has settled counts until the outside
// has stored its position: so no more than that can come again after a crash.
#include <algorithm>
#include <random>
#include <vector>

#include "checks.hpp"
#include "held_sink.hpp"
#include "observe/readiness.hpp"

using namespace sluice;
using namespace sluice::testing;
using engine::GraphRuntime;

namespace {

struct Setup {
  explicit Setup(bool until_committed) {
    numbers.total = 1'000;
    numbers.per_batch = 7;
    numbers.has_positions = true;
    numbers.on_commit = [this](Context&, uint32_t partition, int64_t position) -> Result<void> {
      {
        const std::lock_guard lock(mutex);
        asked.push_back({partition, position});
      }
      // Not under the lock: who waits for the signal asks for it while holding the signal's own.
      numbers.signal.notify();
      return {};
    };
    engine::PlanNode& source = graph.node("numbers", numbers_type, numbers);
    source.in_flight.records = 30;
    source.in_flight_until_committed = until_committed;
    source.facts.replay = sluice::Replay::from_commit;
    graph.node("held", held_type, held).facts.max_in_flight = 1'000;
    graph.edge("numbers", "held");
  }
  void wait_without_credit() {
    for (int i = 0; i < 2; ++i) {
      const int before = numbers.polls_without_credit;
      numbers.context.wake();
      REQUIRE(numbers.signal.wait([&] { return numbers.polls_without_credit > before; }));
    }
  }
  void settle_all() {
    while (held.count() > 0) std::move(held.take()).deliver();
  }
  bool is_asked() {
    const std::lock_guard lock(mutex);
    return !asked.empty();
  }
  int64_t answer() {
    std::pair<uint32_t, int64_t> which;
    {
      const std::lock_guard lock(mutex);
      which = asked.back();
      asked.clear();
    }
    numbers.context.committed(which.first, which.second);
    return which.second;
  }
  std::mutex mutex;
  std::vector<std::pair<uint32_t, int64_t>> asked;  ///< guarded by mutex
  NumbersState numbers{};
  HeldState held{};
  GraphBuilder graph;
};

}  // namespace

TEST_CASE("what has settled counts until it is committed") {
  Setup setup(true);
  GraphRuntime runtime(setup.graph.build(), {});
  begin(runtime);
  int64_t committed = 0;
  while (committed < 1'000) {
    REQUIRE(setup.numbers.signal.wait([&] {
      const auto emitted = static_cast<int64_t>(setup.numbers.emitted.load());
      return emitted == std::min<int64_t>(committed + 30, 1'000);
    }));
    setup.settle_all();
    REQUIRE(setup.numbers.signal.wait([&] { return setup.is_asked(); }));
    if (setup.numbers.emitted < 1'000) setup.wait_without_credit();
    CHECK(static_cast<int64_t>(setup.numbers.emitted.load()) <= committed + 30);
    committed = setup.answer();
  }
  runtime.wait();
  require_no_failure(runtime);
  require_balance(runtime.report());
}

TEST_CASE("what settles behind a batch that is still open counts, in whatever order") {
  Setup setup(true);
  GraphRuntime runtime(setup.graph.build(), {});
  begin(runtime);
  std::mt19937 random(1);
  uint64_t committed = 0;
  while (committed < 1'000) {
    const uint64_t most = std::min<uint64_t>(committed + 30, 1'000);
    REQUIRE(setup.held.signal.wait([&] { return setup.held.records() == most - committed; }));
    std::vector<Batch> batches;
    while (setup.held.count() > 0) batches.push_back(setup.held.take());
    std::shuffle(batches.begin() + 1, batches.end(), random);
    while (batches.size() > 1) {
      std::move(batches.back()).deliver();
      batches.pop_back();
    }
    if (most < 1'000) setup.wait_without_credit();
    CHECK(setup.numbers.emitted == most);
    CHECK_FALSE(setup.is_asked());
    const engine::AccountReport account = node_in(runtime.report(), "numbers").account;
    CHECK(account.unsettled == batches.front().size());
    CHECK(account.unsettled + account.uncommitted.value() == most - committed);
    std::move(batches.front()).deliver();
    REQUIRE(setup.numbers.signal.wait([&] { return setup.is_asked(); }));
    CHECK(node_in(runtime.report(), "numbers").account.uncommitted == most - committed);
    if (most < 1'000) {
      const engine::Report stalled = runtime.report();
      CHECK(no_room_of(stalled, node_in(stalled, "numbers")).find(" settled and not yet committed") !=
            std::string::npos);
    }
    committed = static_cast<uint64_t>(setup.answer());
  }
  runtime.wait();
  require_no_failure(runtime);
  require_balance(runtime.report());
}

TEST_CASE("what a node holds back for ever does not stop a source for ever that is at its bound") {
  // Each gathers more than the source may have open: all records, or only those of a port that few take.
  for (const uint64_t of_one_port : {1, 50}) {
    INFO("one record of " << of_one_port);
    std::vector<Batch> kept;
    FunctionState keep{.process = [&](Context&, Batch batch) -> Result<void> {
                         kept.push_back(std::move(batch));
                         return {};
                       },
                       .flush = [&](Context& context, Flush) -> Result<void> {
                         for (Batch& batch : kept) context.emit(0, std::move(batch));
                         kept.clear();
                         return {};
                       }};
    FunctionState split{.process = [&](Context& context, Batch batch) -> Result<void> {
      std::vector<uint8_t> lanes(batch.size());
      for (uint32_t i = 0; i < batch.size(); ++i) lanes[i] = number_of(batch[i]) % of_one_port == 0 ? 1 : 0;
      auto parts = std::move(batch).split(lanes.data(), 2);
      for (uint32_t port = 0; port < 2; ++port) {
        if (parts[port]) context.emit(port, std::move(parts[port]));
      }
      return {};
    }};
    NumbersState numbers{.total = 50, .per_batch = 7, .has_positions = true, .ends = false};
    CollectState rest;
    CollectState gathered;
    GraphBuilder graph;
    engine::PlanNode& source = graph.node("numbers", numbers_type, numbers);
    source.in_flight.records = 30;
    source.in_flight_until_committed = true;
    source.facts.replay = sluice::Replay::from_commit;
    graph.node("split", transform_function_type, split, {"rest", "rare"});
    graph.node("keep", transform_function_type, keep);
    graph.node("rest", collect_type, rest);
    graph.node("gathered", collect_type, gathered);
    graph.edge("numbers", "split");
    graph.edge("split", "rest", 0);
    graph.buffered("split", "keep", {100, 1 << 20}, 1);
    graph.edge("keep", "gathered");
    // Another flow of the process, which is never at rest.
    NumbersState others{.total = 5, .ends = false};
    HeldState busy;
    graph.node("others", numbers_type, others);
    graph.node("busy", held_type, busy);
    graph.edge("others", "busy");
    GraphRuntime runtime(graph.build(), {});
    begin(runtime);
    CHECK(numbers.signal.wait([&] { return numbers.emitted == 50; }));
    REQUIRE(busy.wait_for(1));
    while (busy.count() > 0) busy.take().deliver();
    runtime.request_stop();
    runtime.wait();
    require_no_failure(runtime);
    require_balance(runtime.report());
    CHECK(numbers.committed == 50);
    CHECK(rest.snapshot().size() + gathered.snapshot().size() == 50);
  }
}

TEST_CASE("by default only what is unsettled counts") {
  Setup setup(false);
  GraphRuntime runtime(setup.graph.build(), {});
  begin(runtime);
  REQUIRE(setup.numbers.signal.wait([&] { return setup.numbers.emitted == 30; }));
  setup.settle_all();
  REQUIRE(setup.numbers.signal.wait([&] { return setup.numbers.emitted > 30; }));
  // Not `emitted`: that counts a batch before the engine has it.
  const auto is_all_settled = [&] {
    const engine::AccountReport account = node_in(runtime.report(), "numbers").account;
    return account.received == 1'000 && account.unsettled == 0;
  };
  while (!is_all_settled()) {
    setup.settle_all();
    std::this_thread::yield();
  }
  int64_t position = 0;
  while (position < 1'000) {
    REQUIRE(setup.numbers.signal.wait([&] { return setup.is_asked(); }));
    position = setup.answer();
  }
  runtime.wait();
  require_balance(runtime.report());
}
