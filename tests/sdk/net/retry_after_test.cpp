// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/retry_after.hpp"

#include "catch.hpp"

using namespace sluice::net;

namespace {

constexpr int64_t second_ns = 1'000'000'000;
constexpr int64_t now_ns = 784'111'777 * second_ns;  // Sun, 06 Nov 1994 08:49:37 GMT

int64_t wait_s(const std::string& fields) {
  HttpHead head;
  REQUIRE(read_http_head("HTTP/1.1 429 X\r\n" + fields + "\r\n", head) == HeadState::complete);
  return retry_after_ns(head, now_ns) / second_ns;
}

}  // namespace

TEST_CASE("the three forms of an HTTP date are one time") {
  const std::string text = GENERATE("Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                                    "Sun Nov  6 08:49:37 1994", "sun, 6 NOV 1994 08:49:37 UTC");
  CHECK(parse_http_date(text, 784'111'777) == 784'111'777);
}

TEST_CASE("what is not an HTTP date is refused") {
  const std::string text =
      GENERATE("", "soon", "Sun, 06 Nov 1994", "Sun, 32 Nov 1994 08:49:37 GMT", "Sun, 06 Nox 1994 08:49:37 GMT",
               "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:49:37 PST", "Sun, 06 Nov 1994 8:49:37 GMT",
               "Thu, 30 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT GMT");
  CHECK_FALSE(parse_http_date(text, 0).has_value());
}

TEST_CASE("a year of two digits is at most 50 years ahead") {
  CHECK(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT", 1'800'000'000) == 784'111'777);
  CHECK(parse_http_date("Saturday, 06-Nov-27 08:49:37 GMT", 1'800'000'000) == 1'825'490'977);
}

TEST_CASE("a wait in seconds is kept, within the longest ban") {
  CHECK(wait_s("Retry-After: 7\r\n") == 7);
  CHECK(wait_s("retry-after:120\r\n") == 120);
  CHECK(wait_s("Retry-After: 99999999\r\n") == longest_retry_after_s);
  CHECK(wait_s("Retry-After: 99999999999999999999999\r\n") == longest_retry_after_s);
  CHECK(wait_s("Retry-After: -5\r\n") == 0);
  CHECK(wait_s("Retry-After: soon\r\n") == 0);
  CHECK(wait_s("") == 0);
}

TEST_CASE("a wait until a date counts from the answer's own date, else from our clock") {
  CHECK(wait_s("Retry-After: Sun, 06 Nov 1994 08:50:07 GMT\r\n") == 30);
  CHECK(wait_s("Retry-After: Sunday, 06-Nov-94 08:50:07 GMT\r\n") == 30);
  CHECK(wait_s("Retry-After: Sun Nov  6 08:50:07 1994\r\n") == 30);
  CHECK(wait_s("Date: Sun, 06 Nov 1994 08:50:00 GMT\r\nRetry-After: Sun, 06 Nov 1994 08:50:07 GMT\r\n") == 7);
  CHECK(wait_s("Date: nonsense\r\nRetry-After: Sun, 06 Nov 1994 08:50:07 GMT\r\n") == 30);
  CHECK(wait_s("Retry-After: Sun, 06 Nov 1994 08:00:00 GMT\r\n") == 0);
  CHECK(wait_s("Retry-After: Wed, 06 Nov 2094 08:49:37 GMT\r\n") == longest_retry_after_s);
}
