// SPDX-License-Identifier: Apache-2.0
// Times in and out: by table, and every text that is written is read back to the same time.
#include "sluice/columns/time.hpp"

#include <chrono>
#include <limits>
#include <random>
#include <string>

#include "catch.hpp"

using namespace sluice::columns;

namespace {

std::string written(int64_t us) {
  std::string text(rfc3339_us_size, '?');
  write_rfc3339_us(us, text.data());
  return text;
}

}  // namespace

TEST_CASE("every day is written and read as the C++ calendar has it") {
  std::string text(date_size, '?');
  int64_t wrong = 0;
  for (int64_t day = day_of(earliest_time_us); day <= day_of(latest_time_us); ++day) {
    const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day}}};
    char expected[32];
    std::snprintf(expected, sizeof expected, "%04d-%02u-%02u", int{date.year()}, unsigned{date.month()},
                  unsigned{date.day()});
    write_date(day, text.data());
    wrong += text != expected || parse_date(text) != day ? 1 : 0;
  }
  CHECK(wrong == 0);
}

TEST_CASE("a time belongs to the day it is in, also before 1970") {
  CHECK(day_of(0) == 0);
  CHECK(day_of(-1) == -1);
  CHECK(day_of(us_per_day - 1) == 0);
  CHECK(day_of(us_per_day) == 1);
  CHECK(day_of(-us_per_day) == -1);
  CHECK(day_of(-us_per_day - 1) == -2);
}

TEST_CASE("what is no date is refused") {
  for (const char* text : {"", "2024-08-8", "2024-8-08", "2024-08-08 ", " 2024-08-08", "2024/08/08", "20240808",
                           "2024-02-30", "2023-02-29", "2024-13-01", "2024-00-01", "2024-01-00", "0000-01-01",
                           "10000-01-01", "-001-01-01", "2024-08-08T00:00:00Z"}) {
    INFO(text);
    CHECK(!parse_date(text).has_value());
  }
}

TEST_CASE("RFC 3339 is read") {
  CHECK(parse_rfc3339_us("1970-01-01T00:00:00Z") == 0);
  CHECK(parse_rfc3339_us("2024-08-08T23:54:13.123456Z") == 1723161253123456);
  CHECK(parse_rfc3339_us("2024-08-08T23:54:13.1Z") == 1723161253100000);
  CHECK(parse_rfc3339_us("2024-08-08t23:54:13.123456789z") == 1723161253123456);
  CHECK(parse_rfc3339_us("2024-08-09 01:54:13.123456+02:00") == 1723161253123456);
  CHECK(parse_rfc3339_us("1969-12-31T23:59:59.999999Z") == -1);
  CHECK(parse_rfc3339_us("2024-02-29T00:00:00Z") == 1709164800000000);
  CHECK(parse_rfc3339_us("2016-12-31T23:59:60Z") == parse_rfc3339_us("2017-01-01T00:00:00Z"));
  CHECK(parse_rfc3339_us("0001-01-01T00:00:00Z") == earliest_time_us);
  CHECK(parse_rfc3339_us("9999-12-31T23:59:59.999999Z") == latest_time_us);
}

TEST_CASE("what is no time is refused") {
  for (const char* text : {"",
                           "2024-08-08",
                           "2024-08-08T23:54:13",
                           "2024-08-08T23:54Z",
                           "2024-13-01T00:00:00Z",
                           "2024-00-01T00:00:00Z",
                           "2024-02-30T00:00:00Z",
                           "2023-02-29T00:00:00Z",
                           "2024-01-00T00:00:00Z",
                           "2024-01-01T24:00:00Z",
                           "2024-01-01T00:60:00Z",
                           "2024-01-01T00:00:61Z",
                           "2024-01-01T00:00:00.Z",
                           "2024-01-01T00:00:00+0200",
                           "2024-01-01T00:00:00+24:00",
                           "2024-01-01T00:00:00Z ",
                           "24-01-01T00:00:00Z",
                           "0000-01-01T00:00:00Z",
                           "0001-01-01T00:00:00+00:01",
                           "9999-12-31T23:59:59-00:01",
                           "now"}) {
    INFO(text);
    CHECK(!parse_rfc3339_us(text).has_value());
  }
}

TEST_CASE("a time of the usual form is read as any other is, whatever byte stands in it") {
  const std::string usual = "2026-02-28T19:59:58.123456Z";
  for (size_t at = 0; at < usual.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string text = usual;
      text[at] = static_cast<char>(byte);
      // A digit more of the fraction, which does not count, keeps it from the short way.
      std::string other = text;
      other.insert(26, "0");
      INFO(text);
      CHECK(parse_rfc3339_us(text) == parse_rfc3339_us(other));
    }
  }
}

TEST_CASE("numbers count since 1970") {
  CHECK(parse_epoch_us("1723161255342", TimeUnit::milliseconds) == 1723161255342000);
  CHECK(parse_epoch_us("1723161255", TimeUnit::seconds) == 1723161255000000);
  CHECK(parse_epoch_us("1617566590.378895", TimeUnit::seconds) == 1617566590378895);
  CHECK(parse_epoch_us("1617566590378.8959", TimeUnit::milliseconds) == 1617566590378895);
  CHECK(parse_epoch_us("1723161255342999999", TimeUnit::nanoseconds) == 1723161255342999);
  // Beyond 2262 nanoseconds need more than 64 bits.
  CHECK(parse_epoch_us("99999999999999999999", TimeUnit::nanoseconds) == 99999999999999999);
  CHECK(parse_epoch_us("253402300799999999999", TimeUnit::nanoseconds) == latest_time_us);
  CHECK(!parse_epoch_us("253402300800000000000", TimeUnit::nanoseconds).has_value());
  CHECK(parse_epoch_us("-62135596800000000000", TimeUnit::nanoseconds) == earliest_time_us);
  CHECK(!parse_epoch_us("-62135596800000000001", TimeUnit::nanoseconds).has_value());
  CHECK(parse_epoch_us("-9223372036854775809", TimeUnit::nanoseconds) == -9223372036854776);
  CHECK(parse_epoch_us("253402300799.9999999", TimeUnit::seconds) == latest_time_us);
  CHECK(parse_epoch_us("253402300799999.999", TimeUnit::milliseconds) == latest_time_us);
  CHECK(!parse_epoch_us("253402300800000", TimeUnit::milliseconds).has_value());
  CHECK(!parse_epoch_us(std::string(200, '9'), TimeUnit::nanoseconds).has_value());
  CHECK(parse_epoch_us("000000000000000000000000000000000000000000001", TimeUnit::seconds) == 1000000);
  CHECK(parse_epoch_us("-1", TimeUnit::nanoseconds) == -1);
  CHECK(parse_epoch_us("-1.5", TimeUnit::microseconds) == -2);
  CHECK(parse_epoch_us("-0.5", TimeUnit::seconds) == -500000);
  CHECK(epoch_us(-1001, TimeUnit::nanoseconds) == -2);
  CHECK(!epoch_us(std::numeric_limits<int64_t>::max(), TimeUnit::seconds).has_value());
  CHECK(!epoch_us(std::numeric_limits<int64_t>::max(), TimeUnit::milliseconds).has_value());
  CHECK(!epoch_us(std::numeric_limits<int64_t>::max(), TimeUnit::microseconds).has_value());
  for (const char* text : {"", "-", "1.", ".5", "1e3", "12a", "1.2.3"}) {
    INFO(text);
    CHECK(!parse_epoch_us(text, TimeUnit::seconds).has_value());
  }
}

TEST_CASE("what is written is read back, and sorts by time") {
  std::mt19937_64 random(7);
  std::string before = written(earliest_time_us);
  int64_t before_us = earliest_time_us;
  for (int i = 0; i < 20'000; ++i) {
    const auto span = static_cast<uint64_t>(latest_time_us - earliest_time_us);
    const int64_t us = earliest_time_us + static_cast<int64_t>(random() % span);
    const std::string text = written(us);
    REQUIRE(parse_rfc3339_us(text) == us);
    REQUIRE((before < text) == (before_us < us));
    before = text;
    before_us = us;
  }
  CHECK(written(1723161253123456) == "2024-08-08T23:54:13.123456Z");
  CHECK(written(-1) == "1969-12-31T23:59:59.999999Z");
}
