// SPDX-License-Identifier: Apache-2.0
#include "capture_line.hpp"
#include "json_text.hpp"
#include "support.hpp"

using namespace sluice::flow;

namespace {
int64_t time_of(std::string_view line, TimeUnit unit = TimeUnit::automatic) {
  const auto parsed = parse_capture_line(line, unit);
  REQUIRE(parsed);
  return parsed->time_ns.value_or(-1);
}
}  // namespace

TEST_CASE("capture lines: units are told by size or given, fractions are exact") {
  CHECK(time_of("1723161253937085768 {}") == 1'723'161'253'937'085'768);
  CHECK(time_of("1680652800004107 {}") == 1'680'652'800'004'107'000);
  CHECK(time_of("1680652800004 {}") == 1'680'652'800'004'000'000);
  CHECK(time_of("1680652800 {}") == 1'680'652'800'000'000'000);
  CHECK(time_of("1000 {}", TimeUnit::milliseconds) == 1'000'000'000);
  CHECK(time_of("1617566591.326123: {}") == 1'617'566'591'326'123'000);
  CHECK(time_of("1617566592.1065369: {}") == 1'617'566'592'106'536'900);
  CHECK(time_of("1617566592.12345678901: {}") == 1'617'566'592'123'456'789);
  CHECK(time_of("1617566592: {}") == 1'617'566'592'000'000'000);
  CHECK(time_of("{\"a\":1}") == -1);
  for (const char* bad :
       {"", "12", "12345678901234567890 {}", "9999999999999 {}", "12.5 {}", "1.5:{}", "x {}", " {}", "-1 {}"})
    CHECK((parse_capture_line(bad, bad[0] == '9' ? TimeUnit::seconds : TimeUnit::automatic) == std::nullopt));
}

TEST_CASE("base64 pads as RFC 4648 does") {
  const auto encoded = [](std::string_view bytes) {
    std::string out;
    append_base64(bytes, out);
    return out;
  };
  CHECK(encoded("").empty());
  CHECK(encoded("f") == "Zg==");
  CHECK(encoded("fo") == "Zm8=");
  CHECK(encoded("foo") == "Zm9v");
  CHECK(encoded("foobar") == "Zm9vYmFy");
  CHECK(encoded("\xff\xef\xbe") == "/+++");
}

TEST_CASE("texts that are no UTF-8 are repaired, others are kept") {
  std::string out;
  append_lossy_json_string("a\x80\xc3\xa4\xe2\x82", out);
  CHECK(out == "\"a\xEF\xBF\xBD\xc3\xa4\xEF\xBF\xBD\xEF\xBF\xBD\"");
  out.clear();
  append_json_string(std::string_view("\0\x1f\"\\\n\t\r\x7f", 8), out);
  CHECK(out == "\"\\u0000\\u001f\\\"\\\\\\n\\t\\r\x7f\"");
}
