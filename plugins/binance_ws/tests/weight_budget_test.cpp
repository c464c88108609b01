// SPDX-License-Identifier: Apache-2.0
#include "weight_budget.hpp"

#include <algorithm>
#include <deque>
#include <limits>
#include <random>

#include "catch.hpp"

using sluice::binance::WeightBudget;

namespace {

constexpr int64_t second_ns = 1'000'000'000;
constexpr int64_t minute_ns = WeightBudget::minute_ns;

struct Request {
  int64_t at_ns;
  int64_t weight;
};

}  // namespace

TEST_CASE("whatever is asked and reported, no minute has more than half of the limit", "[property]") {
  for (uint32_t seed = 0; seed < 20; ++seed) {
    std::mt19937_64 random(seed);
    WeightBudget budget;
    std::deque<Request> taken;
    int64_t now_ns = 0, sum = 0, most = 0;
    while (now_ns < 60 * minute_ns) {
      now_ns += random() % 1000 == 0 ? minute_ns : static_cast<int64_t>(random() % (second_ns / 2));
      const int64_t weight = random() % 2 == 0 ? 25 : 4;
      if (random() % 50 == 0) {
        budget.report(static_cast<int64_t>(random() % 7000), now_ns + static_cast<int64_t>(random() % minute_ns),
                      now_ns);
      }
      if (!budget.take(weight, now_ns)) {
        const int64_t free_ns = budget.free_at(weight, now_ns);
        REQUIRE(free_ns > now_ns);
        REQUIRE(free_ns <= now_ns + minute_ns);
        continue;
      }
      taken.push_back({now_ns, weight});
      sum += weight;
      while (taken.front().at_ns <= now_ns - minute_ns) {
        sum -= taken.front().weight;
        taken.pop_front();
      }
      most = std::max(most, sum);
    }
    CHECK(most <= 3000);
    CHECK(most > 1000);
  }
}

TEST_CASE("without a report, half of the limit is there at once, and comes back after a minute") {
  WeightBudget budget;
  for (int i = 0; i < 120; ++i) REQUIRE(budget.take(25, i));
  CHECK_FALSE(budget.take(25, 1000));
  CHECK_FALSE(budget.take(1, 1000));
  CHECK(budget.free_at(25, 1000) == minute_ns);
  CHECK(budget.free_at(26, 1000) == minute_ns + 1);
  CHECK_FALSE(budget.take(25, minute_ns - 1));
  CHECK(budget.take(25, minute_ns));
  CHECK_FALSE(budget.take(25, minute_ns));
}

TEST_CASE("what others use counts until the exchange's minute ends") {
  WeightBudget budget;
  REQUIRE(budget.take(25, 0));
  budget.report(5'380, 20 * second_ns, second_ns);
  CHECK_FALSE(budget.take(25, 2 * second_ns));
  CHECK(budget.free_at(25, 2 * second_ns) == 20 * second_ns);
  // A lighter one still fits.
  CHECK(budget.take(4, 2 * second_ns));
  CHECK_FALSE(budget.take(25, 20 * second_ns - 1));
  CHECK(budget.take(25, 20 * second_ns));
}

TEST_CASE("own requests count on top of the last report, and an older report lowers nothing") {
  WeightBudget budget;
  budget.report(5'300, 60 * second_ns, second_ns);
  for (int i = 0; i < 4; ++i) REQUIRE(budget.take(25, 2 * second_ns));
  CHECK_FALSE(budget.take(4, 2 * second_ns));
  budget.report(5'200, 60 * second_ns, 3 * second_ns);
  CHECK_FALSE(budget.take(4, 3 * second_ns));
  // In the next minute it does.
  budget.report(30, 120 * second_ns, 61 * second_ns);
  CHECK(budget.take(25, 61 * second_ns));
}

TEST_CASE("a report of any size holds until the minute ends, and no longer") {
  WeightBudget budget;
  for (const int64_t used : {int64_t{6'000}, std::numeric_limits<int64_t>::max()}) {
    budget.report(used, 60 * second_ns, second_ns);
    CHECK_FALSE(budget.take(1, 2 * second_ns));
    CHECK(budget.free_at(25, 2 * second_ns) == 60 * second_ns);
  }
  CHECK(budget.take(25, 60 * second_ns));
}

TEST_CASE("a wait that the exchange asks for holds for each weight, and no longer") {
  WeightBudget budget;
  budget.hold_until(50);
  budget.hold_until(20);
  CHECK_FALSE(budget.take(1, 49));
  CHECK(budget.free_at(25, 0) == 50);
  CHECK(budget.take(25, 50));
}

TEST_CASE("nodes of one host share the weight") {
  auto one = WeightBudget::of("a.example");
  CHECK(WeightBudget::of("a.example") == one);
  CHECK(WeightBudget::of("b.example") != one);
}
