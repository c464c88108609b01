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
  const std::string bad =
      GENERATE("", "stream.binance.com", "http://a", "wss://", "wss://:443", "wss://a:0", "wss://a:65536", "wss://a:x",
               "wss://a:", "ws://a b", "ws://a#b", "ws://[::1", "ws://[::1]x", "ws://[a.b]", "ws://\xc3\xa4",
               "ws://::1:80", "ws://.", "ws://a..", "ws://.a", "ws://a..b", "ws://a%62", "wss:/a",
               "ws://a/ws/btcusdt@trade", "ws://a/stream?streams=btcusdt@trade", "ws://a?x=1&streams=y");
  const auto parsed = parse_url(bad);
  REQUIRE_FALSE(parsed.ok());
  CHECK(parsed.error().category == sluice::Category::operator_needed);
  CHECK(parsed.error().message.find("'" + bad + "'") != std::string::npos);
}

TEST_CASE("what a user wrote in front of an @ is never shown") {
  const std::string bad =
      GENERATE("wss://me:secret@a", "wss://me:secret@a:0", "http://me:secret@a/x", "wss://secret@b@a");
  const std::string said = parse_url(bad).error().message;
  CHECK(said.find("secret") == std::string::npos);
  CHECK(said.find("***@a") != std::string::npos);
}

TEST_CASE("a name with a final dot is asked of the resolver with it, and shown to the server without") {
  const auto dotted = parse_url("wss://stream.binance.com.:9443");
  REQUIRE(dotted.ok());
  CHECK(dotted->host == "stream.binance.com.");
  CHECK(dotted->server_name() == "stream.binance.com");
  CHECK(dotted->host_header == "stream.binance.com:9443");
  CHECK(parse_url("wss://a.:443")->host_header == "a");
  const auto address = parse_url("ws://127.0.0.1.");
  REQUIRE(address.ok());
  CHECK(address->host_is_address);
  CHECK(address->host == "127.0.0.1");
}

TEST_CASE("the scheme may be written in either case") {
  CHECK(parse_url("WSS://a")->tls);
  CHECK_FALSE(parse_url("Ws://a")->tls);
}

TEST_CASE("the place where an exchange serves streams is the same with and without its last part") {
  const std::string url = GENERATE("ws://a", "ws://a/", "ws://a/ws", "ws://a/ws/", "ws://a/stream", "ws://a/stream/");
  CHECK(stream_target(*parse_url(url), {"x@y"}) == "/stream?streams=x@y");
  CHECK(stream_target(*parse_url("ws://a/base/ws"), {"x@y"}) == "/base/stream?streams=x@y");
  CHECK(stream_target(*parse_url("ws://a/news"), {"x@y"}) == "/news/stream?streams=x@y");
}

TEST_CASE("a query of the user's own stands behind the streams") {
  const std::string url =
      GENERATE("ws://a?timeUnit=MICROSECOND", "ws://a/?timeUnit=MICROSECOND", "ws://a/stream?timeUnit=MICROSECOND");
  CHECK(stream_target(*parse_url(url), {"x@y"}) == "/stream?streams=x@y&timeUnit=MICROSECOND");
  CHECK(parse_url(url)->host == "a");
}

TEST_CASE("what is of this machine alone is known") {
  const std::string here = GENERATE("ws://localhost", "ws://LOCALHOST.", "ws://a.localhost", "ws://127.9.9.9",
                                    "ws://[::1]", "ws://[::ffff:127.0.0.1]");
  CHECK(is_loopback(*parse_url(here)));
  const std::string elsewhere =
      GENERATE("ws://notlocalhost", "ws://localhost.a", "ws://128.0.0.1", "ws://[::2]", "ws://127.example.com");
  CHECK_FALSE(is_loopback(*parse_url(elsewhere)));
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
