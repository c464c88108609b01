// SPDX-License-Identifier: Apache-2.0
#include "sluice/backoff.hpp"

#include <random>

#include "catch.hpp"

using sluice::Backoff;
using std::chrono::nanoseconds;

TEST_CASE("each pause lies between half and all of a distance that doubles to the longest", "[property]") {
  std::mt19937_64 random(7);
  for (int round = 0; round < 500; ++round) {
    const nanoseconds first(1 + static_cast<int64_t>(random() % 5'000'000'000));
    const nanoseconds longest(1 + static_cast<int64_t>(random() % 100'000'000'000));
    Backoff backoff(first, longest);
    nanoseconds distance = first;
    for (int i = 0; i < 70; ++i) {
      const nanoseconds pause = backoff.next(random());
      REQUIRE(pause >= distance / 2);
      REQUIRE(pause <= distance);
      distance = std::min(std::max(longest, first), distance * 2);
    }
    backoff.reset();
    REQUIRE(backoff.next(random()) <= first);
  }
}

TEST_CASE("both ends of the range are reached") {
  CHECK(Backoff(nanoseconds(1000), nanoseconds(60'000)).next(0) == nanoseconds(500));
  CHECK(Backoff(nanoseconds(1000), nanoseconds(60'000)).next(500) == nanoseconds(1000));
}

TEST_CASE("only a reset shortens the pauses") {
  Backoff backoff(nanoseconds(1000), nanoseconds(8000));
  for (int i = 0; i < 10; ++i) backoff.next(0);
  for (int i = 0; i < 10; ++i) CHECK(backoff.next(0) == nanoseconds(4000));
  backoff.reset();
  CHECK(backoff.next(0) == nanoseconds(500));
}
