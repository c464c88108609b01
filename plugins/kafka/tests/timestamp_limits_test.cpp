// SPDX-License-Identifier: Apache-2.0
// Whether a record that is refused for its time is to blame, and how that is said.
#include "timestamp_limits.hpp"

#include "catch.hpp"

using namespace sluice::kafka;

namespace {

constexpr int64_t now = 1'764'342'245'006;  // 2025-11-28T15:04:05.006Z
constexpr int64_t hour = 3'600'000;
constexpr int64_t day = 24 * hour;

}  // namespace

TEST_CASE("a time near this machine's clock is nobody's fault but a clock's") {
  CHECK(is_of_now(now, now, {}));
  CHECK(is_of_now(now - 59'000, now, {}));
  CHECK(is_of_now(now + 59'000, now, {}));
  CHECK_FALSE(is_of_now(now - 61'000, now, {}));
  CHECK_FALSE(is_of_now(now + day, now, {}));
  // The topic takes it, by this clock.
  CHECK(is_of_now(now - hour, now, {day, hour}));
  CHECK(is_of_now(now + hour, now, {day, hour}));
  CHECK_FALSE(is_of_now(now - 2 * day, now, {day, hour}));
  CHECK_FALSE(is_of_now(now + 2 * hour, now, {day, hour}));
  CHECK_FALSE(is_of_now(INT64_MIN, now, {day, hour}));
  CHECK_FALSE(is_of_now(INT64_MAX, -1, {day, hour}));
}

TEST_CASE("the record's time, this machine's and the topic's limits are said") {
  CHECK(say_time(now, now, {}) == "its time is 2025-11-28T15:04:05.006Z, that of this machine's clock");
  CHECK(
      say_time(now - 2 * hour - 60'000, now, {hour, {}}) ==
      "its time is 2025-11-28T13:03:05.006Z, 2h 1m behind this machine's clock; the topic takes times up to 1h before "
      "(message.timestamp.before.max.ms=3600000) the broker's clock");
  CHECK(say_time(now + 1, now, {INT64_MAX, hour}) ==
        "its time is 2025-11-28T15:04:05.007Z, 1ms ahead of this machine's clock; the topic takes times up to 1h after "
        "(message.timestamp.after.max.ms=3600000) the broker's clock");
}
