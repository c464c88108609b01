// SPDX-License-Identifier: Apache-2.0
// Positions: whatever the order and the threads in which batches settle, a position moves over a settled prefix only,
// by whole batches; a failed part holds it; and what settles late, after its partition has gone, changes nothing.
#include <algorithm>
#include <numeric>
#include <random>
#include <thread>

#include "checks.hpp"
#include "held_sink.hpp"
#include "queue_batches.hpp"
#include "runtime/accounts.hpp"

using namespace sluice;
using namespace sluice::testing;
using engine::GraphRuntime;
using engine::SourceAccount;
using records::SourceBatch;
using records::Verdict;

namespace {

void settle_in_random_order(uint32_t seed, int64_t failed_batch) {
  INFO("seed " << seed);
  constexpr size_t batches = 400;
  constexpr int64_t width = 10;
  SourceAccount account([] {}, true);
  const uint32_t partition = account.open_partition("p", 0);
  std::vector<SourceBatch*> open;
  for (size_t i = 0; i < batches; ++i) {
    const auto first = static_cast<int64_t>(i) * width;
    open.push_back(account.begin(width, 100, partition, first + width, 0));
  }
  std::vector<std::atomic<int>> parts_left(batches);
  for (auto& parts : parts_left) parts = 3;
  std::vector<size_t> order(batches * 3);
  for (size_t i = 0; i < order.size(); ++i) order[i] = i / 3;
  std::mt19937 random(seed);
  std::shuffle(order.begin(), order.end(), random);

  std::atomic<size_t> next{0};
  const auto settle_some = [&] {
    for (size_t at = next++; at < order.size(); at = next++) {
      const size_t batch = order[at];
      // Three parts of 2, 3 and 5 records; told before it is done, so that a position never runs ahead of this.
      const int part = parts_left[batch].fetch_sub(1);
      const uint64_t records = part == 3 ? 2 : part == 2 ? 3 : 5;
      const bool fails = static_cast<int64_t>(batch) == failed_batch && part == 2;
      open[batch]->settle(records, fails ? Verdict::failed : Verdict::delivered);
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back(settle_some);
  int64_t last = 0;
  bool is_sound = true;
  const auto look = [&] {
    while (const auto due = account.next_commit()) {
      is_sound = is_sound && due->position > last && due->position % width == 0;
      for (int64_t i = 0; i < due->position / width; ++i)
        is_sound = is_sound && parts_left[static_cast<size_t>(i)] <= 0;
      last = due->position;
      account.committed(due->partition, due->position, true);
    }
  };
  while (next < order.size()) look();
  for (auto& thread : threads) thread.join();
  look();
  CHECK(is_sound);
  CHECK(last == (failed_batch < 0 ? static_cast<int64_t>(batches) : failed_batch) * width);
  CHECK(account.unsettled_records() == 0);
  CHECK(account.is_quiet());
}

}  // namespace

TEST_CASE("positions move over a settled prefix only, in any order and from several threads") {
  for (uint32_t seed = 0; seed < 15; ++seed) settle_in_random_order(seed, -1);
}

TEST_CASE("a batch with a failed part holds the position for ever") {
  for (uint32_t seed = 0; seed < 5; ++seed) settle_in_random_order(seed, 123 + seed);
}

TEST_CASE("a refused commit is due again, and one is on its way at a time") {
  SourceAccount account([] {}, true);
  const uint32_t partition = account.open_partition("p", 100);
  SourceBatch* first = account.begin(1, 1, partition, 105, 0);
  SourceBatch* second = account.begin(1, 1, partition, 110, 0);
  CHECK_FALSE(account.next_commit());
  first->settle(1, Verdict::delivered);
  const auto due = account.next_commit();
  REQUIRE(due);
  CHECK(due->position == 105);
  second->settle(1, Verdict::discarded);
  CHECK_FALSE(account.next_commit());
  CHECK_FALSE(account.is_quiet());
  account.committed(partition, 105, false);
  const auto again = account.next_commit();
  REQUIRE(again);
  CHECK(again->position == 110);
  account.committed(partition, 110, true);
  CHECK(account.is_quiet());
}

TEST_CASE(
    "a revoked partition goes when it is drained and committed, or at the deadline; late verdicts change nothing") {
  SourceAccount account([] {}, true);
  const uint32_t partition = account.open_partition("p", 0);
  SourceBatch* first = account.begin(1, 1, partition, 5, 0);
  SourceBatch* late = account.begin(1, 1, partition, 9, 0);
  CHECK_FALSE(account.has_revoked());
  account.revoke_partition(partition);
  CHECK(account.has_revoked());
  CHECK_FALSE(account.next_release(false));
  first->settle(1, Verdict::delivered);
  CHECK_FALSE(account.next_release(false));
  const auto due = account.next_commit();
  REQUIRE(due);
  CHECK_FALSE(account.next_release(false));
  account.committed(partition, due->position, true);
  CHECK_FALSE(account.next_release(false));  // `late` is still open
  CHECK(account.next_release(true) == partition);
  CHECK_FALSE(account.has_revoked());
  // The next owner replays it: this verdict is of an old epoch.
  late->settle(1, Verdict::delivered);
  CHECK_FALSE(account.next_commit());
  CHECK(account.is_quiet());
  CHECK(account.totals.unsettled() == 0);
}

TEST_CASE("a lost partition is closed at once, and the same name opened again is another one") {
  SourceAccount account([] {}, true);
  const uint32_t old_epoch = account.open_partition("p", 0);
  SourceBatch* late = account.begin(1, 1, old_epoch, 5, 0);
  account.revoke_partition(old_epoch);
  account.lose_partition(old_epoch);
  CHECK_FALSE(account.has_revoked());
  const uint32_t new_epoch = account.open_partition("p", 0);
  CHECK(new_epoch != old_epoch);
  SourceBatch* replayed = account.begin(1, 1, new_epoch, 5, 0);
  late->settle(1, Verdict::delivered);
  CHECK_FALSE(account.next_commit());
  replayed->settle(1, Verdict::delivered);
  const auto due = account.next_commit();
  REQUIRE(due);
  CHECK(due->partition == new_epoch);
  account.committed(new_epoch, 5, true);
}

TEST_CASE("a running graph commits whole batches as they settle, and holds behind one that has not") {
  NumbersState numbers{.total = 40, .per_batch = 10, .has_positions = true};
  HeldState held;
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers).facts.replay = sluice::Replay::from_commit;
  graph.node("held", held_type, held).facts.max_in_flight = 4;
  graph.buffered("numbers", "held", {100, 1 << 20});
  GraphRuntime runtime(graph.build(), {});
  begin(runtime);
  REQUIRE(held.wait_for(4));
  Batch first = held.take();
  held.take().deliver();
  held.take().deliver();
  CHECK(numbers.committed == 0);
  std::move(first).deliver();
  REQUIRE(numbers.signal.wait([&] { return numbers.committed == 30; }));
  held.take().deliver();
  runtime.wait();
  require_no_failure(runtime);
  CHECK(numbers.committed == 40);
}

TEST_CASE("a revoke flushes what is held, drains, commits and then releases, while polling goes on without credit") {
  NumbersState numbers{.total = 25, .per_batch = 25, .has_positions = true, .ends = false};
  std::atomic<bool> revoke{false};
  std::atomic<int64_t> committed_at_release{-1};
  std::atomic<bool> is_released{false};
  numbers.before_poll = [&](Context& context) {
    if (revoke.exchange(false)) context.revoke_partition(numbers.partition);
  };
  numbers.on_released = [&](Context&, uint32_t partition) {
    if (partition == numbers.partition) committed_at_release = numbers.committed.load();
    is_released = true;
  };
  HeldState held;
  // Gathers for ever, but for the marker.
  std::mutex mutex;
  std::vector<Batch> kept;
  FunctionState keep{.process = [&](Context&, Batch batch) -> Result<void> {
                       const std::lock_guard lock(mutex);
                       kept.push_back(std::move(batch));
                       return {};
                     },
                     .flush = [&](Context& context, Flush) -> Result<void> {
                       const std::lock_guard lock(mutex);
                       for (Batch& batch : kept) context.emit(0, std::move(batch));
                       kept.clear();
                       return {};
                     }};
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers).facts.replay = sluice::Replay::from_commit;
  graph.node("keep", transform_function_type, keep);
  graph.node("held", held_type, held);
  graph.buffered("numbers", "keep", {100, 1 << 20});
  graph.buffered("keep", "held", {100, 1 << 20});
  GraphRuntime runtime(graph.build(), {});
  begin(runtime);
  REQUIRE(numbers.signal.wait([&] { return numbers.emitted == 25; }));
  revoke = true;
  numbers.context.wake();
  REQUIRE(held.wait_for(1));
  CHECK_FALSE(is_released);
  held.take().deliver();
  REQUIRE(numbers.signal.wait([&] { return is_released.load(); }));
  CHECK(committed_at_release == 25);
  CHECK(numbers.polls_without_credit > 0);
  runtime.request_stop();
  runtime.wait();
  require_no_failure(runtime);
  require_balance(runtime.report());
}

TEST_CASE("a revoke that cannot drain lets go at its deadline, and the late verdict commits nothing") {
  NumbersState numbers{.total = 10, .per_batch = 10, .has_positions = true, .ends = false};
  std::atomic<bool> revoke{false};
  std::atomic<bool> is_released{false};
  numbers.before_poll = [&](Context& context) {
    if (revoke.exchange(false)) context.revoke_partition(numbers.partition);
  };
  numbers.on_released = [&](Context&, uint32_t) { is_released = true; };
  HeldState held;
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers).facts.replay = sluice::Replay::from_commit;
  graph.node("held", held_type, held);
  graph.buffered("numbers", "held", {100, 1 << 20});
  GraphRuntime runtime(graph.build(), {.revoke_deadline_ns = 20'000'000, .log = {}});
  begin(runtime);
  REQUIRE(held.wait_for(1));
  revoke = true;
  numbers.context.wake();
  REQUIRE(numbers.signal.wait([&] { return is_released.load(); }));
  held.take().deliver();
  runtime.request_stop();
  runtime.wait();
  require_no_failure(runtime);
  CHECK(numbers.committed == 0);
  const auto report = runtime.report();
  require_balance(report);
  CHECK(node_in(report, "numbers").account.unsettled == 0);
}
