// SPDX-License-Identifier: Apache-2.0
#include "backoff.hpp"

#include <random>

#include "catch.hpp"

using sluice::binance::Backoff;

TEST_CASE("each wait lies between half and all of a distance that doubles to the maximum", "[property]") {
  std::mt19937_64 random(7);
  for (int round = 0; round < 500; ++round) {
    const int64_t first = 1 + static_cast<int64_t>(random() % 5'000'000'000);
    const int64_t max = 1 + static_cast<int64_t>(random() % 100'000'000'000);
    Backoff backoff(first, max);
    int64_t distance = first;
    for (int i = 0; i < 70; ++i) {
      const int64_t wait = backoff.next_ns(random());
      REQUIRE(wait >= distance / 2);
      REQUIRE(wait <= distance);
      distance = std::min(std::max(max, first), distance * 2);
    }
    backoff.reset();
    REQUIRE(backoff.next_ns(random()) <= first);
  }
}

TEST_CASE("both ends of the range are reached") {
  CHECK(Backoff(1000, 60'000).next_ns(0) == 500);
  CHECK(Backoff(1000, 60'000).next_ns(500) == 1000);
}
