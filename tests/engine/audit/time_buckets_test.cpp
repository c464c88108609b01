// SPDX-License-Identifier: Apache-2.0
#include "audit/time_buckets.hpp"

#include <random>

#include "catch.hpp"

using sluice::engine::TimeBuckets;

TEST_CASE("buckets count every time once, in bounded memory, in any order") {
  std::mt19937_64 random(3);
  for (int round = 0; round < 50; ++round) {
    TimeBuckets buckets;
    const uint64_t span = 1 + random() % 10'000'000'000;
    std::vector<int64_t> times;
    for (int i = 0; i < 300; ++i) {
      times.push_back(static_cast<int64_t>(1'700'000'000'000'000 + random() % span));
      buckets.add(times.back());
      REQUIRE(buckets.buckets().size() <= TimeBuckets::bucket_count);
    }
    std::vector<uint64_t> counts(buckets.buckets().size());
    for (const int64_t time : times) ++counts.at(static_cast<size_t>((time - buckets.begin()) / buckets.width()));
    for (size_t i = 0; i < counts.size(); ++i) REQUIRE(buckets.buckets()[i].count == counts[i]);
  }
}

TEST_CASE("a candle opens with the earliest price and closes with the latest, whatever came first") {
  TimeBuckets buckets;
  buckets.add(1'000'400'000, 3);
  buckets.add(1'000'100'000, 2);
  buckets.add(1'000'900'000, 1);
  buckets.add(1'000'500'000, 9);
  buckets.add(1'001'500'000, 4);
  buckets.add(1'001'600'000);
  buckets.widen_to(4'000'000);
  REQUIRE(buckets.buckets().size() == 1);
  const TimeBuckets::Bucket& bucket = buckets.buckets().front();
  CHECK(bucket.count == 6);
  CHECK(bucket.prices == 5);
  CHECK(bucket.open == 2);
  CHECK(bucket.close == 4);
  CHECK(bucket.high == 9);
  CHECK(bucket.low == 1);
}
