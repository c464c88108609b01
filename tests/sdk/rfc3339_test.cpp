// SPDX-License-Identifier: Apache-2.0
#include "sluice/rfc3339.hpp"

#include <string>

#include "catch.hpp"

namespace rfc3339 = sluice::rfc3339;

namespace {

std::string nanos(int64_t time_ns) {
  std::string text(rfc3339::nanos_size, ' ');
  rfc3339::write_nanos(time_ns, text.data());
  return text;
}
std::string micros(int64_t time_us) {
  std::string text(rfc3339::micros_size, ' ');
  rfc3339::write_micros(rfc3339::split(time_us, 1'000'000), text.data());
  return text;
}

}  // namespace

TEST_CASE("times are written exactly, floored, over the whole range") {
  CHECK(nanos(0) == "1970-01-01T00:00:00.000000000Z");
  CHECK(micros(1'795'341'600'123'456) == "2026-11-22T10:00:00.123456Z");
  CHECK(nanos(951'782'400'000'000'001) == "2000-02-29T00:00:00.000000001Z");
  CHECK(micros(-1) == "1969-12-31T23:59:59.999999Z");
  CHECK(nanos(INT64_MAX) == "2262-04-11T23:47:16.854775807Z");
  CHECK(nanos(INT64_MIN) == "1677-09-21T00:12:43.145224192Z");
  CHECK(micros(-62'135'596'800'000'000) == "0001-01-01T00:00:00.000000Z");
  CHECK(micros(253'402'300'799'999'999) == "9999-12-31T23:59:59.999999Z");
}

TEST_CASE("what is written is read again, and other text is not") {
  for (const int64_t time_us : {int64_t{0}, int64_t{-1}, int64_t{1'795'341'600'123'456}, int64_t{951'782'400'000'000},
                                int64_t{-62'135'596'800'000'000}, int64_t{253'402'300'799'999'999}}) {
    CAPTURE(time_us);
    const std::string text = micros(time_us);
    CHECK(rfc3339::read_micros(text) == time_us);
    CHECK(rfc3339::read_seconds(text.substr(0, 19)) == rfc3339::split(time_us, 1'000'000).seconds);
    for (size_t i = 0; i < text.size(); ++i) {
      std::string wrong = text;
      wrong[i] = 'x';
      CAPTURE(wrong);
      CHECK_FALSE(rfc3339::read_micros(wrong));
      CHECK_FALSE(rfc3339::read_micros(text.substr(0, i)));
    }
  }
  for (const char* text : {"2026-02-29T00:00:00.000000Z", "2026-13-01T00:00:00.000000Z", "2026-01-01T24:00:00.000000Z",
                           "2026-01-01T00:60:00.000000Z", "2026-01-01T00:00:60.000000Z"}) {
    CAPTURE(text);
    CHECK_FALSE(rfc3339::read_micros(text));
  }
}
