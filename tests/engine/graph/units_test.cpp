// SPDX-License-Identifier: Apache-2.0
#include "graph/units.hpp"

#include <limits>
#include <string>
#include <vector>

#include "catch.hpp"

using namespace sluice::engine;

TEST_CASE("durations are exact nanoseconds") {
  const std::vector<std::pair<std::string, std::int64_t>> table{
      {"1ns", 1},
      {"100us", 100'000},
      {"250ms", 250'000'000},
      {"2s", 2'000'000'000},
      {"1m", 60'000'000'000},
      {"1h", 3'600'000'000'000},
      {"7d", 604'800'000'000'000},
      {"0s", 0},
      {"9223372036854775807ns", std::numeric_limits<std::int64_t>::max()}};
  for (const auto& [text, nanoseconds] : table) {
    INFO(text);
    const auto value = parse_duration(text);
    REQUIRE(value);
    CHECK(*value == nanoseconds);
    CHECK(*parse_duration(duration_text(nanoseconds)) == nanoseconds);
  }
}

TEST_CASE("sizes are exact bytes") {
  const std::vector<std::pair<std::string, std::uint64_t>> table{{"10B", 10},
                                                                 {"64KiB", 65'536},
                                                                 {"256MiB", 268'435'456},
                                                                 {"1GB", 1'000'000'000},
                                                                 {"3GiB", 3'221'225'472},
                                                                 {"5KB", 5'000},
                                                                 {"7MB", 7'000'000},
                                                                 {"1TiB", 1'099'511'627'776},
                                                                 {"2TB", 2'000'000'000'000}};
  for (const auto& [text, bytes] : table) {
    INFO(text);
    const auto value = parse_size(text);
    REQUIRE(value);
    CHECK(*value == bytes);
    CHECK(size_text(bytes) == text);
  }
}

TEST_CASE("counts are exact") {
  const std::vector<std::pair<std::string, std::uint64_t>> table{
      {"0", 0}, {"500", 500}, {"500k", 500'000}, {"1M", 1'000'000}, {"2G", 2'000'000'000}, {"1500", 1500}};
  for (const auto& [text, count] : table) {
    INFO(text);
    const auto value = parse_count(text);
    REQUIRE(value);
    CHECK(*value == count);
    CHECK(count_text(count) == text);
  }
}

TEST_CASE("what has no unit, another unit or a fraction is refused with what is accepted") {
  for (const std::string text :
       {"", "2", "0", "1.5s", "2 s", "s", "2S", "2sec", "1m30s", "0x10s", "+2s", "2s ", "1e3s"}) {
    INFO(text);
    const auto value = parse_duration(text);
    REQUIRE_FALSE(value);
    CHECK(value.problem().code == Code::bad_unit);
    CHECK(value.problem().sentence.find("250ms, 2s or 7d") != std::string::npos);
  }
  for (const std::string text : {"", "10", "1mb", "1 MB", "256M", "1.5GiB", "MiB"}) {
    INFO(text);
    REQUIRE_FALSE(parse_size(text));
    CHECK(parse_size(text).problem().code == Code::bad_unit);
  }
  for (const std::string text : {"", "5kk", "500K", "1_000", "ten", "1.5k"}) {
    INFO(text);
    REQUIRE_FALSE(parse_count(text));
    CHECK(parse_count(text).problem().code == Code::bad_unit);
  }
}

TEST_CASE("what overflows or is negative is out of range") {
  for (const std::string text : {"-1s", "9223372036854775808ns", "106752d", "99999999999999999999s"}) {
    INFO(text);
    REQUIRE_FALSE(parse_duration(text));
    CHECK(parse_duration(text).problem().code == Code::out_of_range);
  }
  CHECK(parse_duration("106751d"));
  CHECK(parse_size("8388608TiB").problem().code == Code::out_of_range);
  CHECK(parse_count("-5").problem().code == Code::out_of_range);
}

TEST_CASE("rendering takes the largest unit that is exact") {
  CHECK(duration_text(90'000'000'000) == "90s");
  CHECK(duration_text(120'000'000'000) == "2m");
  CHECK(duration_text(1'500'000'000) == "1500ms");
  CHECK(duration_text(0) == "0s");
  CHECK(duration_text(-2'000'000'000) == "-2s");
  CHECK(size_text(0) == "0B");
  CHECK(size_text(1536) == "1536B");
  CHECK(count_text(0) == "0");
  CHECK(about_size_text(1'395'864'371) == "1.3 GiB");
  CHECK(about_size_text(12) == "12 B");
}
