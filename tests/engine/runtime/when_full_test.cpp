// SPDX-License-Identifier: Apache-2.0
// What gives way when an edge is full, held against a plain model, record by record; and under threads: the bound is
// never seen exceeded, what goes in comes out or is handed back as a loser, order holds.
#include <algorithm>
#include <deque>
#include <map>
#include <random>
#include <thread>

#include "catch.hpp"
#include "queue_batches.hpp"
#include "runtime/edge_queue.hpp"

using namespace sluice;
using namespace sluice::testing;
using engine::Bound;
using engine::EdgeQueue;
using engine::WhenFull;
using records::HostBatch;
using records::Verdict;

namespace {

using Items = std::vector<Item>;
constexpr uint64_t plenty = uint64_t{1} << 30;

struct Model {
  WhenFull when_full;
  uint64_t bound;
  std::deque<Item> waiting;
  Items losers;

  /// Gives back what finds no room.
  Items push(const Items& items) {
    for (size_t at = 0; at < items.size(); at += bound) {
      const Items piece(items.begin() + static_cast<long>(at),
                        items.begin() + static_cast<long>(std::min<size_t>(at + bound, items.size())));
      Items rest = push_piece(piece);
      if (rest.empty()) continue;
      rest.insert(rest.end(), items.begin() + static_cast<long>(std::min<size_t>(at + bound, items.size())),
                  items.end());
      return rest;
    }
    return {};
  }
  Items push_piece(const Items& items) {
    const uint64_t room = bound - waiting.size();
    if (items.size() <= room) {
      waiting.insert(waiting.end(), items.begin(), items.end());
      return {};
    }
    switch (when_full) {
      case WhenFull::block:
        return items;
      case WhenFull::drop_newest:
        for (size_t i = 0; i < items.size(); ++i) {
          if (i < room) {
            waiting.push_back(items[i]);
          } else {
            losers.push_back(items[i]);
          }
        }
        return {};
      case WhenFull::drop_oldest:
        while (waiting.size() + items.size() > bound) {
          losers.push_back(waiting.front());
          waiting.pop_front();
        }
        waiting.insert(waiting.end(), items.begin(), items.end());
        return {};
      case WhenFull::conflate:
        for (size_t i = 0; i < items.size(); ++i) {
          if (waiting.size() < bound) {
            waiting.push_back(items[i]);
            continue;
          }
          const auto youngest = std::find_if(waiting.rbegin(), waiting.rend(),
                                             [&](const Item& item) { return item.key == items[i].key; });
          if (items[i].key == no_key) return {items.begin() + static_cast<long>(i), items.end()};
          if (youngest == waiting.rend()) return {items.begin() + static_cast<long>(i), items.end()};
          losers.push_back(*youngest);
          *youngest = items[i];
        }
        return {};
    }
    return {};
  }
};

Items sorted(Items items) {
  std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) { return a.number < b.number; });
  return items;
}

void compare_with_model(WhenFull when_full, uint32_t seed, bool text_key) {
  INFO("seed " << seed << " policy " << static_cast<int>(when_full));
  std::mt19937 random(seed);
  const auto pick = [&](uint64_t most) { return std::uniform_int_distribution<uint64_t>(1, most)(random); };
  const uint64_t bound = pick(12);
  const uint64_t key_count = pick(6);
  CountingAccount account;
  EdgeQueue queue({bound, plenty}, when_full, 0);
  Model model{when_full, bound, {}, {}};
  Items losers;
  HostBatch* parked = nullptr;
  uint64_t next_number = 0;
  for (int step = 0; step < 400; ++step) {
    if (pick(3) != 1) {
      Items items;
      if (parked == nullptr) {
        for (uint64_t n = pick(9); n > 0; --n) items.push_back({next_number++, pick(key_count + 1) - 1});
        parked = make_batch(account, items, text_key);
      } else {
        items = items_of(*parked);
      }
      const EdgeQueue::Pushed pushed = queue.push(parked);
      parked = pushed.rest;
      REQUIRE(pushed.too_large == nullptr);
      for (const Item& item : settle_list(pushed.losers, Verdict::discarded)) losers.push_back(item);
      const Items rest = model.push(items);
      REQUIRE((parked == nullptr ? Items{} : items_of(*parked)) == rest);
    } else if (HostBatch* batch = queue.pop()) {
      const Items got = items_of(*batch);
      REQUIRE(got.size() <= model.waiting.size());
      REQUIRE(got == Items(model.waiting.begin(), model.waiting.begin() + static_cast<long>(got.size())));
      model.waiting.erase(model.waiting.begin(), model.waiting.begin() + static_cast<long>(got.size()));
      records::settle_take(batch, Verdict::delivered);
    } else {
      REQUIRE(model.waiting.empty());
    }
    REQUIRE(queue.waiting_records() == model.waiting.size());
    if (losers.size() != model.losers.size()) FAIL("the model lost " << model.losers.size() << " at step " << step);
  }
  REQUIRE(sorted(losers) == sorted(model.losers));
  if (parked != nullptr) records::settle_take(parked, Verdict::discarded);
  while (HostBatch* batch = queue.pop()) records::settle_take(batch, Verdict::delivered);
  CHECK(queue.waiting_records() == 0);
  CHECK(queue.waiting_bytes() == 0);
  CHECK(account.totals.unsettled() == 0);
}

}  // namespace

TEST_CASE("every policy does what its model does") {
  for (const WhenFull when_full : {WhenFull::block, WhenFull::drop_newest, WhenFull::drop_oldest, WhenFull::conflate}) {
    for (uint32_t seed = 0; seed < 60; ++seed) compare_with_model(when_full, seed, seed % 2 == 1);
  }
}

TEST_CASE("only an edge that blocks ever withdraws credit") {
  CountingAccount account;
  for (const WhenFull when_full : {WhenFull::block, WhenFull::drop_newest, WhenFull::drop_oldest, WhenFull::conflate}) {
    EdgeQueue queue({2, plenty}, when_full, 0);
    REQUIRE(queue.push(make_batch(account, {{1, 1}, {2, 2}})).rest == nullptr);
    CHECK(queue.has_room() == (when_full != WhenFull::block));
    CHECK((queue.room().records > 0) == (when_full != WhenFull::block));
    records::settle_take(queue.pop(), Verdict::delivered);
  }
}

TEST_CASE("conflating keeps the youngest value and the order of each key, and its bound in bytes") {
  for (const bool text_key : {false, true}) {
    for (uint32_t seed = 0; seed < 100; ++seed) {
      INFO("seed " << seed);
      std::mt19937 random(seed);
      const auto pick = [&](uint64_t most) { return std::uniform_int_distribution<uint64_t>(1, most)(random); };
      CountingAccount account;
      const uint64_t byte_bound = 200 + pick(2000);
      EdgeQueue queue({pick(40), byte_bound}, WhenFull::conflate, 0);
      std::map<uint64_t, uint64_t> last_out;
      std::map<uint64_t, uint64_t> last_in;
      HostBatch* parked = nullptr;
      uint64_t next_number = 1;
      const auto take_out = [&] {
        HostBatch* batch = queue.pop();
        if (batch == nullptr) return false;
        for (const Item& item : items_of(*batch)) {
          REQUIRE(item.number > last_out[item.key]);
          last_out[item.key] = item.number;
        }
        records::settle_take(batch, Verdict::delivered);
        return true;
      };
      for (int step = 0; step < 200; ++step) {
        if (parked == nullptr) {
          Items items;
          for (uint64_t n = pick(30); n > 0; --n) {
            items.push_back({next_number++, pick(4), static_cast<uint32_t>(pick(60))});
            last_in[items.back().key] = items.back().number;
          }
          parked = make_batch(account, items, text_key);
        }
        const EdgeQueue::Pushed pushed = queue.push(parked);
        parked = pushed.rest;
        settle_list(pushed.losers, Verdict::discarded);
        REQUIRE(pushed.too_large == nullptr);
        REQUIRE(queue.waiting_bytes() <= byte_bound);
        if (pick(4) == 1) take_out();
      }
      while (parked != nullptr || queue.waiting_records() > 0) {
        take_out();
        if (parked == nullptr) continue;
        const EdgeQueue::Pushed pushed = queue.push(parked);
        parked = pushed.rest;
        settle_list(pushed.losers, Verdict::discarded);
      }
      CHECK(last_out == last_in);
      CHECK(account.totals.unsettled() == 0);
    }
  }
}

TEST_CASE("records without the attribute that conflates are no key: each waits for itself") {
  CountingAccount account;
  EdgeQueue queue({3, plenty}, WhenFull::conflate, 0);
  REQUIRE(queue.push(make_batch(account, {{1, no_key}, {2, 7}, {3, no_key}}, true)).rest == nullptr);
  EdgeQueue::Pushed pushed = queue.push(make_batch(account, {{4, 7}, {5, no_key}, {6, 7}}, true));
  CHECK(settle_list(pushed.losers, Verdict::discarded) == Items{{2, 7}});
  REQUIRE(pushed.rest != nullptr);
  CHECK(items_of(*pushed.rest) == Items{{5, no_key}, {6, 7}});
  Items got;
  while (pushed.rest != nullptr || queue.waiting_records() > 0) {
    while (HostBatch* batch = queue.pop()) {
      for (const Item& item : items_of(*batch)) got.push_back(item);
      records::settle_take(batch, Verdict::delivered);
    }
    if (pushed.rest != nullptr) pushed = queue.push(pushed.rest);
    CHECK(pushed.losers == nullptr);
  }
  CHECK(got == Items{{1, no_key}, {4, 7}, {3, no_key}, {5, no_key}, {6, 7}});
  CHECK(account.totals.unsettled() == 0);
}

TEST_CASE("a number and a text of the same bytes are two keys of a conflating edge") {
  CountingAccount account;
  EdgeQueue queue({1, plenty}, WhenFull::conflate, 0);
  HostBatch* number = make_batch(account, {{1, 1}});
  records::values_of(number->at(0))[0].as.integer = 0x3837363534333231;  // "12345678"
  REQUIRE(queue.push(number).rest == nullptr);
  HostBatch* parked = queue.push(make_batch(account, {{2, 12345678}}, true)).rest;
  REQUIRE(parked != nullptr);
  records::settle_take(parked, Verdict::discarded);
  records::settle_take(queue.pop(), Verdict::delivered);
}

TEST_CASE("a record larger than the whole edge is handed back, and its neighbours are not") {
  for (const WhenFull when_full : {WhenFull::block, WhenFull::drop_newest, WhenFull::drop_oldest, WhenFull::conflate}) {
    for (const bool text_key : {false, true}) {
      CountingAccount account;
      EdgeQueue queue({100, 1000}, when_full, 0);
      const EdgeQueue::Pushed pushed =
          queue.push(make_batch(account, {{1, 1}, {2, 1}, {3, 2, 5000}, {4, 2}, {5, 1, 4000}}, text_key));
      CHECK(pushed.rest == nullptr);
      CHECK(pushed.losers == nullptr);
      CHECK(sorted(settle_list(pushed.too_large, Verdict::failed)) == Items{{3, 2}, {5, 1}});
      Items got;
      while (HostBatch* batch = queue.pop()) {
        for (const Item& item : items_of(*batch)) got.push_back(item);
        records::settle_take(batch, Verdict::delivered);
      }
      CHECK(got == Items{{1, 1}, {2, 1}, {4, 2}});
    }
  }
}

TEST_CASE("a record whose texts count twice when it stands alone still passes a conflating edge") {
  CountingAccount account;
  EdgeQueue queue({2, 600}, WhenFull::conflate, 0);
  REQUIRE(queue.push(make_batch(account, {{1, 1}, {2, 2}}, true)).rest == nullptr);
  HostBatch* wide = make_batch(account, {{3, 3, 500}, {4, 1}}, true);
  sluice_value& key = records::values_of(wide->at(0))[0];
  key.as.text = reinterpret_cast<const char*>(wide->at(0)->data);
  key.size = wide->at(0)->size;
  HostBatch* parked = queue.push(wide).rest;
  REQUIRE(parked != nullptr);
  Items got;
  for (int turn = 0; turn < 4; ++turn) {
    while (HostBatch* batch = queue.pop()) {
      for (const Item& item : items_of(*batch)) got.push_back(item);
      records::settle_take(batch, Verdict::delivered);
    }
    if (parked != nullptr) parked = queue.push(parked).rest;
  }
  CHECK(parked == nullptr);
  CHECK(got == Items{{1, 1}, {2, 2}, {3, 3}, {4, 1}});
}

TEST_CASE("a batch that finds no room pins no more with each attempt") {
  for (const WhenFull when_full : {WhenFull::block, WhenFull::conflate}) {
    CountingAccount account;
    EdgeQueue queue({4, 1 << 20}, when_full, 0);
    REQUIRE(queue.push(make_batch(account, {{1, 1}, {2, 2}, {3, 3}, {4, 4}})).rest == nullptr);
    HostBatch* parked = make_batch(account, {{10, no_key}});
    for (uint64_t number = 11; number < 20; ++number) {
      records::merge_take(*parked, make_batch(account, {{number, no_key}}));
    }
    // So small that a quarter of a buffer is no byte.
    for (uint32_t i = 0; i < parked->count; ++i) parked->at(i)->size = 1;
    for (int attempt = 0; attempt < 50; ++attempt) {
      parked = queue.push(parked).rest;
      REQUIRE(parked->count == 10);
      REQUIRE(parked->pinned.size() <= 10);
    }
    records::settle_take(parked, Verdict::discarded);
    while (HostBatch* batch = queue.pop()) records::settle_take(batch, Verdict::delivered);
  }
}

TEST_CASE("flush markers keep their place among what survives and never count") {
  for (const WhenFull when_full : {WhenFull::block, WhenFull::drop_oldest, WhenFull::conflate}) {
    CountingAccount account;
    EdgeQueue queue({4, plenty}, when_full, 0);
    queue.push(make_batch(account, {{1, 1}, {2, 2}}));
    queue.push_flush_marker(SLUICE_FLUSH_DRAIN);
    queue.push(make_batch(account, {{3, 1}, {4, 2}}));
    CHECK(queue.waiting_records() == 4);
    const EdgeQueue::Pushed pushed = queue.push(make_batch(account, {{5, 1}}));
    settle_list(pushed.losers, Verdict::discarded);
    if (pushed.rest != nullptr) records::settle_take(pushed.rest, Verdict::discarded);
    std::vector<uint64_t> seen;
    while (HostBatch* batch = queue.pop()) {
      if (batch->is_flush_marker) {
        seen.push_back(0);
        records::free_take(batch);
        continue;
      }
      for (const Item& item : items_of(*batch)) seen.push_back(item.number);
      records::settle_take(batch, Verdict::delivered);
    }
    if (when_full == WhenFull::block) CHECK(seen == std::vector<uint64_t>{1, 2, 0, 3, 4});
    if (when_full == WhenFull::drop_oldest) CHECK(seen == std::vector<uint64_t>{2, 0, 3, 4, 5});
    if (when_full == WhenFull::conflate) CHECK(seen == std::vector<uint64_t>{1, 2, 0, 5, 4});
  }
}

TEST_CASE("two producers, a consumer and a witness: bounds, order and conservation hold") {
  constexpr uint64_t per_producer = 20'000;
  constexpr Bound bound{64, 8'000};
  for (const WhenFull when_full : {WhenFull::block, WhenFull::drop_newest, WhenFull::drop_oldest, WhenFull::conflate}) {
    INFO("policy " << static_cast<int>(when_full));
    CountingAccount account;
    EdgeQueue queue(bound, when_full, 0);
    std::atomic<int> producing{2};
    std::atomic<uint64_t> lost{0};
    std::atomic<bool> is_over{false};
    std::atomic<uint64_t> most_records{0};
    std::atomic<uint64_t> most_bytes{0};
    std::thread witness([&] {
      while (!is_over) {
        most_records = std::max(most_records.load(), queue.waiting_records());
        most_bytes = std::max(most_bytes.load(), queue.waiting_bytes());
      }
    });
    std::vector<std::thread> producers;
    for (uint64_t producer = 0; producer < 2; ++producer) {
      producers.emplace_back([&, producer] {
        std::mt19937 random(static_cast<uint32_t>(producer));
        engine::Waker unused;
        for (uint64_t number = 1; number <= per_producer;) {
          Items items;
          // A producer's keys are its own, so that order can be read off per key.
          for (uint64_t n = random() % 20 + 1; n > 0 && number <= per_producer; --n) {
            items.push_back({number++, producer * 2 + random() % 2, static_cast<uint32_t>(random() % 40)});
          }
          HostBatch* batch = make_batch(account, items, producer == 1);
          while (batch != nullptr) {
            const EdgeQueue::Pushed pushed = queue.push(batch);
            lost += settle_list(pushed.losers, Verdict::discarded).size();
            batch = pushed.rest;
            if (batch != nullptr) std::this_thread::yield();
          }
        }
        --producing;
      });
    }
    uint64_t got = 0;
    bool in_order = true;
    std::map<uint64_t, uint64_t> last;
    for (;;) {
      const bool was_last = producing == 0;
      HostBatch* batch = queue.pop();
      if (batch == nullptr) {
        if (was_last) break;
        std::this_thread::yield();
        continue;
      }
      for (const Item& item : items_of(*batch)) {
        in_order = in_order && item.number > last[item.key];
        last[item.key] = item.number;
        ++got;
      }
      records::settle_take(batch, Verdict::delivered);
    }
    for (auto& thread : producers) thread.join();
    is_over = true;
    witness.join();
    CHECK(in_order);
    CHECK(got + lost == 2 * per_producer);
    if (when_full == WhenFull::block) CHECK(lost == 0);
    CHECK(most_records <= bound.records);
    CHECK(most_bytes <= bound.bytes);
    CHECK(account.totals.unsettled() == 0);
    CHECK(queue.waiting_bytes() == 0);
  }
}
