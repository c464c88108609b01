// SPDX-License-Identifier: Apache-2.0
// Sets of ids against a model that keeps every id.
#include "audit/id_set.hpp"

#include <algorithm>
#include <random>
#include <set>

#include "catch.hpp"

using sluice::engine::IdSet;

namespace {

uint64_t count_in(const std::set<int64_t>& ids, int64_t first, int64_t last) {
  return static_cast<uint64_t>(std::distance(ids.lower_bound(first), ids.upper_bound(last)));
}

}  // namespace

TEST_CASE("a set of ids is that of a model that keeps each of them, in any order") {
  std::mt19937_64 random(7);
  const auto below = [&](int64_t end) { return static_cast<int64_t>(random() % static_cast<uint64_t>(end)); };
  for (int round = 0; round < 300; ++round) {
    IdSet::Room room{10'000};
    IdSet set(room), other(room);
    std::set<int64_t> model, other_model;
    const int64_t span = 5 + below(200);
    const int64_t longest = 1 + below(6);
    int64_t next = 0;
    for (int step = 0; step < 200; ++step) {
      const int64_t first = below(3) == 0 ? below(span) : next;
      const int64_t last = first + below(longest);
      next = last + 1 + (below(10) == 0 ? below(4) : 0);
      uint64_t added = 0;
      const bool is_other = below(4) == 0;
      for (int64_t id = first; id <= last; ++id) added += (is_other ? other_model : model).insert(id).second ? 1 : 0;
      REQUIRE((is_other ? other : set).add(first, last, last) == added);
    }
    if (model.empty()) continue;
    REQUIRE(set.count() == model.size());
    REQUIRE(set.first() == *model.begin());
    REQUIRE(set.last() == *model.rbegin());
    REQUIRE(set.missing() == static_cast<uint64_t>(set.last() - set.first()) + 1 - model.size());
    REQUIRE(set.left_out() == 0);
    for (int look = 0; look < 20; ++look) {
      const int64_t first = below(span), last = first + below(30);
      REQUIRE(set.count_between(first, last) == count_in(model, first, last));
      uint64_t lacks = 0;
      for (int64_t id = first; id <= last; ++id) lacks += other_model.contains(id) && !model.contains(id) ? 1 : 0;
      REQUIRE(set.lacks_of(other, first, last) == lacks);
    }
    // Ranges neither touch nor overlap.
    int64_t before = -2;
    for (const auto& [first, range] : set.ranges()) {
      REQUIRE(first == range.first);
      REQUIRE(range.first > before + 1);
      REQUIRE(range.last >= range.first);
      before = range.last;
    }
    REQUIRE(room.ranges + set.ranges().size() + other.ranges().size() == 10'000);
  }
}

TEST_CASE("the times at both ends of a range are those of its ends, whatever came first") {
  IdSet::Room room{10};
  IdSet set(room);
  set.add(5, 5, 50);
  set.add(3, 3, 30);
  set.add(4, 4, 999);
  REQUIRE(set.ranges().size() == 1);
  const IdSet::Range& range = set.ranges().begin()->second;
  CHECK(range.first_time == 30);
  CHECK(range.last_time == 50);
}

TEST_CASE("what finds no room is counted, and room comes back where ranges join") {
  IdSet::Room room{2};
  IdSet set(room);
  CHECK(set.add(1, 1, 0) == 1);
  CHECK(set.add(3, 3, 0) == 1);
  CHECK(set.add(10, 11, 0) == 0);
  CHECK(set.left_out() == 2);
  CHECK(set.add(2, 2, 0) == 1);
  CHECK(set.add(20, 20, 0) == 1);
  CHECK(set.left_out() == 2);
  CHECK(set.count() == 4);
}
