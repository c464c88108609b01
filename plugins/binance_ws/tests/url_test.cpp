// SPDX-License-Identifier: Apache-2.0
#include "url.hpp"

#include "catch.hpp"

using namespace sluice::binance;

TEST_CASE("an address is taken apart") {
  const auto usual = parse_url("wss://stream.binance.com:9443");
  REQUIRE(usual.ok());
  CHECK(usual->tls);
  CHECK(usual->host == "stream.binance.com");
  CHECK(usual->port == 9443);
  CHECK(usual->path.empty());
  CHECK(usual->host_header == "stream.binance.com:9443");
  CHECK_FALSE(usual->host_is_address);

  CHECK(parse_url("wss://a.b")->port == 443);
  CHECK(parse_url("wss://a.b:443")->host_header == "a.b");
  CHECK(parse_url("ws://a.b/")->port == 80);
  CHECK(parse_url("ws://a.b/x/y/")->path == "/x/y");
  CHECK(parse_url("ws://127.0.0.1:1")->host_is_address);
  const auto six = parse_url("ws://[::1]:81/p");
  REQUIRE(six.ok());
  CHECK(six->host == "::1");
  CHECK(six->host_is_address);
  CHECK(six->host_header == "[::1]:81");
}

TEST_CASE("an address that cannot be used is refused with a sentence that shows it") {
  const std::string bad = GENERATE("", "stream.binance.com", "http://a", "wss://", "wss://:443", "wss://a:0",
                                   "wss://a:65536", "wss://a:x", "wss://a:", "ws://a b", "ws://me@a", "ws://a/?x=1",
                                   "ws://a#b", "ws://[::1", "ws://[::1]x", "ws://[a.b]", "ws://\xc3\xa4");
  const auto parsed = parse_url(bad);
  REQUIRE_FALSE(parsed.ok());
  CHECK(parsed.error().category == sluice::Category::operator_needed);
  CHECK(parsed.error().message.find("'" + bad + "'") != std::string::npos);
}

TEST_CASE("letters are folded in ASCII only") {
  CHECK(ascii_lower("BTCUSDT-I\xc4\xb0") == "btcusdt-i\xc4\xb0");
  CHECK(ascii_upper("btc\xe5\xb8\x81i") == "BTC\xe5\xb8\x81I");
}

TEST_CASE("the streams stand in the target, encoded where they are not ASCII") {
  const Endpoint endpoint = *parse_url("wss://x/base");
  CHECK(stream_target(endpoint, {"btcusdt@trade", "ethusdt@bookTicker"}) ==
        "/base/stream?streams=btcusdt@trade/ethusdt@bookTicker");
  CHECK(stream_target(endpoint, {"\xe5\xb8\x81usdt@trade"}) == "/base/stream?streams=%E5%B8%81usdt@trade");
  CHECK(percent_encode("a&b?c%d e") == "a%26b%3Fc%25d%20e");
}
