// SPDX-License-Identifier: Apache-2.0
#include "stream_url.hpp"

#include "catch.hpp"

using namespace sluice::binance;

TEST_CASE("a url that names streams is refused with a sentence that shows it") {
  const std::string bad =
      GENERATE("ws://a/ws/btcusdt@trade", "ws://a/stream?streams=btcusdt@trade", "ws://a?x=1&streams=y");
  const auto parsed = parse_stream_url(bad);
  REQUIRE_FALSE(parsed.ok());
  CHECK(parsed.error().category == sluice::Category::operator_needed);
  CHECK(parsed.error().message.find("'" + bad + "'") != std::string::npos);
  CHECK(parse_stream_url("ws://a/x/y/")->path == "/x/y");
}

TEST_CASE("the place where the exchange serves streams is the same with and without its last part") {
  const std::string url = GENERATE("ws://a", "ws://a/", "ws://a/ws", "ws://a/ws/", "ws://a/stream", "ws://a/stream/");
  CHECK(stream_target(*parse_stream_url(url), {"x@y"}) == "/stream?streams=x@y");
  CHECK(stream_target(*parse_stream_url("ws://a/base/ws"), {"x@y"}) == "/base/stream?streams=x@y");
  CHECK(stream_target(*parse_stream_url("ws://a/news"), {"x@y"}) == "/news/stream?streams=x@y");
}

TEST_CASE("a query of the user's own stands behind the streams") {
  const std::string url =
      GENERATE("ws://a?timeUnit=MICROSECOND", "ws://a/?timeUnit=MICROSECOND", "ws://a/stream?timeUnit=MICROSECOND");
  CHECK(stream_target(*parse_stream_url(url), {"x@y"}) == "/stream?streams=x@y&timeUnit=MICROSECOND");
  CHECK(parse_stream_url(url)->host == "a");
}

TEST_CASE("the streams stand in the target, encoded where they are not ASCII") {
  const auto endpoint = *parse_stream_url("wss://x/base");
  CHECK(stream_target(endpoint, {"btcusdt@trade", "ethusdt@bookTicker"}) ==
        "/base/stream?streams=btcusdt@trade/ethusdt@bookTicker");
  CHECK(stream_target(endpoint, {"\xe5\xb8\x81usdt@trade"}) == "/base/stream?streams=%E5%B8%81usdt@trade");
}
