// SPDX-License-Identifier: Apache-2.0
#include "connect_budget.hpp"

#include <algorithm>
#include <deque>
#include <random>

#include "catch.hpp"

using sluice::binance::ConnectBudget;

namespace {

constexpr int64_t second_ns = 1'000'000'000;
constexpr int64_t window_ns = 300 * second_ns;

}  // namespace

TEST_CASE("whatever asks for connections, no five minutes have more than 100", "[property]") {
  for (uint32_t seed = 0; seed < 20; ++seed) {
    std::mt19937_64 random(seed);
    ConnectBudget budget;
    std::deque<int64_t> taken;
    int64_t now_ns = 0;
    size_t most = 0;
    while (now_ns < 20 * window_ns) {
      // Storms, and silences in between in which all come back.
      now_ns += random() % 3000 == 0 ? window_ns : static_cast<int64_t>(random() % second_ns);
      if (!budget.take(now_ns)) {
        REQUIRE(budget.free_at(now_ns) > now_ns);
        continue;
      }
      taken.push_back(now_ns);
      while (taken.front() <= now_ns - window_ns) taken.pop_front();
      most = std::max(most, taken.size());
    }
    CHECK(most <= 100);
    CHECK(most >= 60);
  }
}

TEST_CASE("an attempt is there at the moment that was named, and not before") {
  ConnectBudget budget;
  for (int i = 0; i < ConnectBudget::at_once; ++i) REQUIRE(budget.take(7));
  const int64_t free_ns = budget.free_at(7);
  CHECK(free_ns == 7 + ConnectBudget::every_ns);
  CHECK_FALSE(budget.take(free_ns - 1));
  CHECK(budget.take(free_ns));
  CHECK_FALSE(budget.take(free_ns));
}

TEST_CASE("what one attempt spent at several addresses is missing afterwards") {
  ConnectBudget budget;
  REQUIRE(budget.take(0));
  budget.spend(ConnectBudget::at_once + 9, 0);
  CHECK(budget.free_at(0) == 11 * ConnectBudget::every_ns);
  budget.spend(-1, 0);
  CHECK(budget.free_at(0) == 11 * ConnectBudget::every_ns);
}

TEST_CASE("a wait that the exchange asks for holds for all, and no longer") {
  ConnectBudget budget;
  budget.hold_until(50);
  budget.hold_until(20);
  CHECK_FALSE(budget.take(49));
  CHECK(budget.free_at(0) == 50);
  CHECK(budget.take(50));
}

TEST_CASE("nodes of one host share it, and it goes with the last of them") {
  auto one = ConnectBudget::of("a.example");
  CHECK(ConnectBudget::of("a.example") == one);
  CHECK(ConnectBudget::of("b.example") != one);
  one->hold_until(50);
  CHECK_FALSE(ConnectBudget::of("a.example")->take(10));
  one.reset();
  CHECK(ConnectBudget::of("a.example")->take(10));
}
