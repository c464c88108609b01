// SPDX-License-Identifier: Apache-2.0
// What the two sides of a hop tell each other without a lock: room to producers that sleep, and settled batches to a
// stage that sleeps until it may commit. No interleaving leaves one asleep over what the other did.
#include <array>
#include <random>
#include <thread>
#include <utility>

#include "catch.hpp"
#include "queue_batches.hpp"
#include "runtime/accounts.hpp"
#include "runtime/clock.hpp"
#include "runtime/edge_queue.hpp"

using namespace sluice;
using namespace sluice::testing;
using engine::EdgeQueue;
using engine::monotonic_ns;
using engine::SourceAccount;
using engine::Waker;
using engine::WhenFull;
using records::HostBatch;
using records::SourceBatch;
using records::Verdict;

namespace {

constexpr int64_t a_minute_ns = 60'000'000'000;

/// As a stage: what is parked is pushed again after each wake, and each try asks before it.
void produce(EdgeQueue& queue, Waker& waker, records::Account& account, uint64_t batches, uint32_t seed) {
  std::mt19937 random(seed);
  for (uint64_t i = 0; i < batches; ++i) {
    HostBatch* batch = make_batch(account, std::vector<Item>(random() % 3 + 1, Item{i, seed}));
    batch = queue.push(batch).rest;
    while (batch != nullptr) {
      waker.clear();
      queue.ask_for_wake();
      batch = queue.push(batch).rest;
      if (batch != nullptr) waker.wait_until(monotonic_ns() + a_minute_ns);
    }
  }
}

/// As a stage that calls its source only while there is room; gives whether all found it.
bool produce_into_room(EdgeQueue& queue, Waker& waker, records::Account& account, uint64_t batches) {
  bool has_always_fitted = true;
  for (uint64_t i = 0; i < batches;) {
    waker.clear();
    if (!queue.has_room()) {
      queue.ask_for_wake();
      if (!queue.has_room()) {
        waker.wait_until(monotonic_ns() + a_minute_ns);
        continue;
      }
    }
    HostBatch* rest = queue.push(make_batch(account, {Item{i++, 0}})).rest;
    has_always_fitted = has_always_fitted && rest == nullptr;
    while (rest != nullptr) rest = queue.push(rest).rest;
  }
  return has_always_fitted;
}

/// In turns of a few batches, as a stage does, and to sleep when there is nothing.
void consume(EdgeQueue& queue, Waker& waker, uint64_t records) {
  std::mt19937 random(1);
  for (uint64_t got = 0; got < records;) {
    waker.clear();
    HostBatch* popped = nullptr;
    for (auto left = random() % 2 + 1; left > 0; --left) {
      HostBatch* batch = queue.pop();
      if (batch == nullptr) break;
      got += batch->count;
      batch->next = std::exchange(popped, batch);
    }
    queue.tell_room();
    const bool any = popped != nullptr;
    // Only now: a locked instruction before it would hide a missing one of the queue's own.
    while (popped != nullptr) records::settle_take(std::exchange(popped, popped->next), Verdict::delivered);
    if (!any && got < records) waker.wait_until(monotonic_ns() + a_minute_ns);
  }
}

}  // namespace

TEST_CASE("a producer that waits for room is told of it, one or several of them") {
  constexpr uint64_t batches = 40'000;
  for (const uint64_t bound : {1U, 6U}) {
    for (const size_t producer_count : {0U, 1U, 2U}) {
      INFO("bound " << bound << ", " << producer_count << " that park");
      CountingAccount account;
      EdgeQueue queue({bound, 1 << 20}, WhenFull::block, -1);
      Waker consumer;
      std::array<Waker, 2> producers;
      queue.set_consumer(&consumer);
      for (Waker& producer : producers) queue.add_producer(&producer);
      const int64_t begun_ns = monotonic_ns();
      bool all_fit = true;
      std::vector<std::thread> threads;
      if (producer_count == 0) {
        threads.emplace_back([&] { all_fit = produce_into_room(queue, producers[0], account, batches); });
      }
      for (uint32_t i = 0; i < producer_count; ++i) {
        threads.emplace_back([&, i] { produce(queue, producers[i], account, batches, i); });
      }
      uint64_t records = producer_count == 0 ? batches : 0;
      for (uint32_t i = 0; i < producer_count; ++i) {
        std::mt19937 random(i);
        for (uint64_t n = 0; n < batches; ++n) records += random() % 3 + 1;
      }
      consume(queue, consumer, records);
      for (auto& thread : threads) thread.join();
      CHECK(all_fit);
      // A lost wake costs the whole minute.
      CHECK(monotonic_ns() - begun_ns < a_minute_ns);
      CHECK(queue.waiting_records() == 0);
      CHECK(account.totals.unsettled() == 0);
    }
  }
}

TEST_CASE("an edge that is never full has room whoever looks, and whenever") {
  CountingAccount account;
  EdgeQueue queue({100, 1 << 20}, WhenFull::block, -1);
  std::atomic<bool> is_over{false};
  std::atomic<uint64_t> looks{0};
  bool always_has_room = true;
  std::thread witness([&] {
    for (; !is_over; ++looks) always_has_room = always_has_room && queue.has_room();
  });
  bool all_fit = true;
  for (uint64_t i = 0; i < 300'000 || looks < 300'000; ++i) {
    all_fit = all_fit && queue.push(make_batch(account, {Item{i, 0}, Item{i, 0}, Item{i, 0}})).rest == nullptr;
    records::settle_take(queue.pop(), Verdict::delivered);
  }
  is_over = true;
  witness.join();
  CHECK(all_fit);
  CHECK(always_has_room);
}

TEST_CASE("a stage that sleeps until it may commit is woken for every batch that settles") {
  constexpr int64_t rounds = 20'000;
  constexpr int64_t width = 2;
  Waker stage;
  SourceAccount account([&] { stage.wake(); }, true);
  const uint32_t partition = account.open_partition("p", 0);
  std::array<std::atomic<SourceBatch*>, 2> to_settle{};
  std::atomic<bool> is_over{false};
  std::vector<std::thread> threads;
  for (auto& mine : to_settle) {
    threads.emplace_back([&] {
      while (!is_over) {
        if (SourceBatch* batch = mine.exchange(nullptr)) batch->settle(width, Verdict::delivered);
      }
    });
  }
  const int64_t begun_ns = monotonic_ns();
  int64_t position = 0;
  for (int64_t round = 0; round < rounds; ++round) {
    for (auto& one : to_settle) {
      one = account.begin(width, 1, partition, position + width, 0);
      position += width;
    }
    for (;;) {
      stage.clear();
      while (const auto due = account.next_commit()) account.committed(due->partition, due->position, true);
      if (account.partitions()[0].committed == position) break;
      stage.wait_until(monotonic_ns() + a_minute_ns);
    }
    REQUIRE(account.partitions()[0].committed == position);
  }
  is_over = true;
  for (auto& thread : threads) thread.join();
  CHECK(monotonic_ns() - begun_ns < a_minute_ns);
  CHECK(account.unsettled_records() == 0);
  CHECK(account.unsettled_bytes() == 0);
}
