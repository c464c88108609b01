// SPDX-License-Identifier: Apache-2.0
// Keys go where Kafka's Java client would put them.
#include "murmur2.hpp"

#include <array>
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

TEST_CASE("records without a key are not of one key: all partitions share them") {
  Settings settings;
  settings.key = "symbol";
  const KeyPartitions partitions(settings, 3);
  std::array<int, 3> records{};
  for (int i = 0; i < 30; ++i) ++records[static_cast<size_t>(partitions.of(std::nullopt).value())];
  CHECK(records == std::array<int, 3>{10, 10, 10});
  CHECK(KeyPartitions(settings, 0).of(std::nullopt) == RD_KAFKA_PARTITION_UA);
}
