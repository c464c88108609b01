// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/url.hpp"

#include "catch.hpp"
#include "endpoint_of.hpp"

using namespace sluice::net;
using namespace sluice::net::test;

TEST_CASE("an address is taken apart") {
  const auto usual = endpoint_of("wss://stream.server.example:9443");
  REQUIRE(usual.ok());
  CHECK(usual->tls);
  CHECK(usual->host == "stream.server.example");
  CHECK(usual->port == 9443);
  CHECK(usual->path.empty());
  CHECK(usual->host_header == "stream.server.example:9443");
  CHECK_FALSE(usual->host_is_address);

  CHECK(endpoint_of("wss://a.b")->port == 443);
  CHECK(endpoint_of("wss://a.b:443")->host_header == "a.b");
  CHECK(endpoint_of("ws://a.b/")->port == 80);
  CHECK(endpoint_of("ws://a.b/x/y/?z=1")->path == "/x/y/");
  CHECK(endpoint_of("ws://a.b/x/y/?z=1")->query == "z=1");
  CHECK(endpoint_of("ws://127.0.0.1:1")->host_is_address);
  const auto six = endpoint_of("ws://[::1]:81/p");
  REQUIRE(six.ok());
  CHECK(six->host == "::1");
  CHECK(six->host_is_address);
  CHECK(six->host_header == "[::1]:81");
}

TEST_CASE("an address that cannot be used is refused with a sentence that shows it") {
  const std::string bad =
      GENERATE("", "stream.server.example", "wss://", "wss://:443", "wss://a:0", "wss://a:65536", "wss://a:x",
               "wss://a:", "ws://a b", "ws://a#b", "ws://[::1", "ws://[::1]x", "ws://[a.b]", "ws://\xc3\xa4",
               "ws://::1:80", "ws://.", "ws://a..", "ws://.a", "ws://a..b", "ws://a%62", "wss:/a", "ftp://a");
  const auto parsed = endpoint_of(bad);
  REQUIRE_FALSE(parsed.ok());
  CHECK(parsed.error().category == sluice::Category::operator_needed);
  CHECK(parsed.error().message.find("'" + bad + "'") != std::string::npos);
}

TEST_CASE("what a user wrote in front of an @ is never shown") {
  const std::string bad =
      GENERATE("wss://me:secret@a", "wss://me:secret@a:0", "http://me:secret@a/x", "wss://secret@b@a");
  const std::string said = endpoint_of(bad).error().message;
  CHECK(said.find("secret") == std::string::npos);
  CHECK(said.find("***@a") != std::string::npos);
}

TEST_CASE("a name with a final dot is asked of the resolver with it, and shown to the server without") {
  const auto dotted = endpoint_of("wss://stream.server.example.:9443");
  REQUIRE(dotted.ok());
  CHECK(dotted->host == "stream.server.example.");
  CHECK(dotted->server_name() == "stream.server.example");
  CHECK(dotted->host_header == "stream.server.example:9443");
  CHECK(endpoint_of("wss://a.:443")->host_header == "a");
  const auto address = endpoint_of("ws://127.0.0.1.");
  REQUIRE(address.ok());
  CHECK(address->host_is_address);
  CHECK(address->host == "127.0.0.1");
}

TEST_CASE("each protocol has its own schemes") {
  const auto http = parse_url("HTTPS://a/x", Protocol::http, "https://b");
  REQUIRE(http.ok());
  CHECK(http->tls);
  CHECK(http->port == 443);
  CHECK(parse_url("http://a", Protocol::http, "https://b")->port == 80);
  CHECK(parse_url("wss://a", Protocol::http, "https://b").error().message ==
        "the url 'wss://a' does not begin with https:// or http://; write it as https://b");
  CHECK(parse_url("https://a", Protocol::websocket, "wss://b").error().message ==
        "the url 'https://a' does not begin with wss:// or ws://; write it as wss://b");
}

TEST_CASE("the scheme may be written in either case") {
  CHECK(endpoint_of("WSS://a")->tls);
  CHECK_FALSE(endpoint_of("Ws://a")->tls);
}

TEST_CASE("what is of this machine alone is known") {
  const std::string here = GENERATE("ws://localhost", "ws://LOCALHOST.", "ws://a.localhost", "ws://127.9.9.9",
                                    "ws://[::1]", "ws://[::ffff:127.0.0.1]");
  CHECK(is_loopback(*endpoint_of(here)));
  const std::string elsewhere =
      GENERATE("ws://notlocalhost", "ws://localhost.a", "ws://128.0.0.1", "ws://[::2]", "ws://127.example.com");
  CHECK_FALSE(is_loopback(*endpoint_of(elsewhere)));
}

TEST_CASE("letters are folded in ASCII only") {
  CHECK(ascii_lower("BTCUSDT-I\xc4\xb0") == "btcusdt-i\xc4\xb0");
  CHECK(ascii_upper("btc\xe5\xb8\x81i") == "BTC\xe5\xb8\x81I");
}

TEST_CASE("what is not ASCII or has a meaning in urls is percent-encoded") {
  CHECK(percent_encode("a&b?c%d e") == "a%26b%3Fc%25d%20e");
}
