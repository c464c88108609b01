// SPDX-License-Identifier: Apache-2.0
// Keys go where Kafka's Java client would put them.
#include "murmur2.hpp"
#include "catch.hpp"
#include "key_partitions.hpp"

using namespace sluice::kafka;

TEST_CASE("murmur2 gives the Java client's values") {
  // From the tests of Kafka's own client (UtilsTest).
  CHECK(static_cast<int32_t>(murmur2("21")) == -973932308);
  CHECK(static_cast<int32_t>(murmur2("foobar")) == -790332482);
  CHECK(static_cast<int32_t>(murmur2("a-little-bit-long-string")) == -985981536);
  CHECK(static_cast<int32_t>(murmur2("a-little-bit-longer-string")) == -1486304829);
  CHECK(static_cast<int32_t>(murmur2("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8")) == -58897971);
  CHECK(static_cast<int32_t>(murmur2("abc")) == 479470107);
}

TEST_CASE("the map comes first, then the rule for other keys") {
  Settings settings;
  settings.key = "symbol";
  settings.partitions = {{"BTCUSDT", 2}, {"ETHUSDT", 0}};
  const KeyPartitions strict(settings, 3);
  CHECK(strict.of("BTCUSDT") == 2);
  CHECK_FALSE(strict.of("XRPUSDT"));
  CHECK_FALSE(strict.of(std::nullopt));
  settings.other_keys = OtherKeys::hash;
  const KeyPartitions hashing(settings, 3);
  CHECK(hashing.of("ETHUSDT") == 0);
  CHECK(hashing.of("foobar") == static_cast<int32_t>((murmur2("foobar") & 0x7fffffff) % 3));
  CHECK(KeyPartitions(settings, 0).of("foobar") == RD_KAFKA_PARTITION_UA);
  settings.partitions.clear();
  settings.other_keys = OtherKeys::error;
  CHECK(KeyPartitions(settings, 3).of("foobar") == hashing.of("foobar"));
}
