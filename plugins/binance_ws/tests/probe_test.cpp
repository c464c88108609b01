// SPDX-License-Identifier: Apache-2.0
// What `validate --connect` says of an exchange: connections that cannot be had, and streams that stay silent.
#include "probe_kit.hpp"

using namespace sluice::binance::test;

namespace {

/// Longer than any test: a probe that should end by what it heard hangs instead.
constexpr int64_t for_ever_ns = 3'600'000'000'000;
constexpr int64_t a_moment_ns = 50'000'000;

std::string event(const std::string& symbol, const std::string& type) {
  const std::string id = type == "bookTicker" ? "u" : type == "aggTrade" ? "a" : "t";
  return text_frame(combined(sluice::net::ascii_lower(symbol) + "@" + type,
                             R"({"s":")" + symbol + R"(",")" + id + R"(":7,"p":"1.0"})"));
}

Values three_by_two(const std::string& url) {
  return {{"url", url},
          {"symbols", "[BTCUSDT, ethusdt, BNBUSDT]"},
          {"streams", "[trade, bookTicker]"},
          {"malformed", "discard"}};
}

/// Whose answer to the upgrade has these frames right behind it, so that they come whatever the time.
Exchange::Script sends(std::string frames) {
  return [frames](int, Client& client) {
    client.upgrade(frames);
    client.wait_for_end();
  };
}

const std::string all_but_bnb = event("BTCUSDT", "trade") + event("BTCUSDT", "bookTicker") + event("ETHUSDT", "trade") +
                                event("ETHUSDT", "bookTicker");
const std::string all = all_but_bnb + event("BNBUSDT", "trade") + event("BNBUSDT", "bookTicker");

}  // namespace

TEST_CASE("a probe leaves in order as soon as every stream was heard, and answers pings until then") {
  std::string request;
  Client::Frame pong, goodbye;
  {
    Exchange exchange([&](int, Client& client) {
      request = client.upgrade(all_but_bnb);
      client.send(ping_frame("are you there"));
      pong = client.receive();
      client.send(event("BNBUSDT", "bookTicker") + event("BTCUSDT", "trade") + event("BNBUSDT", "trade"));
      goodbye = client.receive();
    });
    CHECK(probe(three_by_two(exchange.url()), for_ever_ns).empty());
    CHECK(exchange.connections() == 1);
  }
  CHECK(request.find("GET /stream?streams=btcusdt@trade/btcusdt@bookTicker/ethusdt@trade/") == 0);
  CHECK(pong.opcode == 10);
  CHECK(pong.payload == "are you there");
  CHECK(goodbye.opcode == 8);
  CHECK(goodbye.payload.substr(0, 2) == std::string("\x03\xe8"));
}

TEST_CASE("the node type has the slot") {
  Exchange exchange(sends(all));
  const auto tree = sluice::testing::build_options(binance_ws(), three_by_two(exchange.url()));
  sluice_describe_api api{};
  api.struct_size = sizeof api;
  sluice_error error = sluice::empty_error();
  REQUIRE(binance_ws().probe != nullptr);
  CHECK(binance_ws().probe(&tree->root, &api, nullptr, &error) == SLUICE_OK);
}

TEST_CASE("a silent stream is a warning at the option that it points at") {
  const auto findings = [](const std::string& frames) {
    Exchange exchange(sends(frames));
    return probe(three_by_two(exchange.url()), a_moment_ns);
  };
  CHECK(findings(all_but_bnb) ==
        "warning BNBUSDT: no event of bnbusdt@trade and bnbusdt@bookTicker came within 0.1 s; is the symbol traded, "
        "and spelled right?\n");
  CHECK(findings(event("BTCUSDT", "trade") + event("ETHUSDT", "trade") + event("BNBUSDT", "trade")) ==
        "warning bookTicker: no event of btcusdt@bookTicker, ethusdt@bookTicker and bnbusdt@bookTicker came within "
        "0.1 s; is the stream's name spelled right (names are case-sensitive), and does it send that often?\n");
  CHECK(findings(all_but_bnb + event("BNBUSDT", "bookTicker")) ==
        "warning BNBUSDT: no event of bnbusdt@trade came within 0.1 s, while others of BNBUSDT did; is it only "
        "quiet?\n");
  CHECK(findings(event("BTCUSDT", "trade") + event("ETHUSDT", "trade")) ==
        "warning BNBUSDT: no event of bnbusdt@trade and bnbusdt@bookTicker came within 0.1 s; is the symbol traded, "
        "and spelled right?\n"
        "warning bookTicker: no event of btcusdt@bookTicker, ethusdt@bookTicker and bnbusdt@bookTicker came within "
        "0.1 s; is the stream's name spelled right (names are case-sensitive), and does it send that often?\n");
}

TEST_CASE("when nothing came at all, that is an error") {
  Exchange exchange(sends(""));
  const std::string found = probe(three_by_two(exchange.url()), a_moment_ns);
  CHECK(found.find("problem symbols: no event of btcusdt@trade, ") == 0);
  CHECK(found.find("does url lead to the spot market's streams?\n") != std::string::npos);
}

TEST_CASE("what the exchange says is passed on") {
  SECTION("a close frame before any event") {
    Exchange exchange(sends(close_frame(1008, R"({"code":-1,"msg":"Illegal format ws or stream"})")));
    CHECK(
        probe(three_by_two(exchange.url()), for_ever_ns) ==
        "problem streams: the exchange closed the connection with code 1008 '{\"code\":-1,\"msg\":\"Illegal format ws "
        "or stream\"}' before an event came; if that is about the streams' names, correct symbols or streams, else "
        "try again\n");
  }
  SECTION("an error reply") {
    Exchange exchange(sends(text_frame(R"({"error":{"code":2,"msg":"Invalid request: invalid stream"}})")));
    CHECK(probe(three_by_two(exchange.url()), a_moment_ns) ==
          "problem streams: the exchange answered the streams' names with: "
          "{\"error\":{\"code\":2,\"msg\":\"Invalid request: invalid stream\"}}\n");
  }
  SECTION("a close frame between events") {
    Exchange exchange(sends(all_but_bnb + close_frame(1001, "going away")));
    const std::string found = probe(three_by_two(exchange.url()), for_ever_ns);
    CHECK(found.find("warning BNBUSDT: no event of bnbusdt@trade and bnbusdt@bookTicker came before the connection was "
                     "lost (the exchange closed the connection with code 1001 'going away')") == 0);
  }
  SECTION("the status of the upgrade") {
    Exchange exchange([](int, Client& client) {
      client.read_request();
      client.send("HTTP/1.1 451 Unavailable For Legal Reasons\r\nContent-Length: 0\r\n\r\n");
      client.wait_for_end();
    });
    const std::string found = probe(three_by_two(exchange.url()), for_ever_ns);
    CHECK(found.find("error [refused] 127.0.0.1:") == 0);
    CHECK(found.find("451") != std::string::npos);
  }
}

TEST_CASE("messages that no record can be made of are named") {
  Exchange exchange(
      sends(all + text_frame(combined("btcusdt@trade", R"({"s":"BTCUSDT"})")) + event("BTCUSDT", "trade")));
  CHECK(probe({{"url", exchange.url()}, {"symbols", "BTCUSDT"}, {"streams", "[trade, kline_1m]"}}, a_moment_ns) ==
        "warning url: 1 of 3 messages are malformed, the first because it has no id; does url lead to the spot "
        "market's streams?\n"
        "warning kline_1m: no event of btcusdt@kline_1m came within 0.1 s; is the stream's name spelled right "
        "(names are case-sensitive), and does it send that often?\n");
}

TEST_CASE("a connection that is cut before any event is an error with its cause") {
  Exchange exchange([](int, Client& client) {
    client.upgrade();
    client.end();
  });
  CHECK(probe(three_by_two(exchange.url()), for_ever_ns).find("error [cut] ") == 0);
}

TEST_CASE("nobody listening, and an exchange that never answers, are errors that name the place") {
  CHECK(probe(three_by_two("ws://127.0.0.1:1"), for_ever_ns) ==
        "error [unreachable] 127.0.0.1:1: Connection refused; check url and the network\n");
  Exchange exchange([](int, Client& client) {
    client.read_request();
    client.wait_for_end();
  });
  Values patient = three_by_two(exchange.url());
  patient.push_back({"connect_deadline", "100ms"});
  const std::string found = probe(patient, for_ever_ns);
  CHECK(found.find("error [unreachable] 127.0.0.1:") == 0);
  CHECK(found.find("the upgrade was not answered within 0.1 s (connect_deadline)") != std::string::npos);
}

TEST_CASE("a probe goes through the proxy, as a run does") {
  std::string tunnel;
  {
    Exchange proxy([&](int, Client& client) {
      tunnel = client.read_request();
      client.send("HTTP/1.1 200 OK\r\n\r\n");
      client.upgrade(all);
      client.wait_for_end();
    });
    Values options = three_by_two("ws://exchange.invalid");
    options.push_back({"proxy", "127.0.0.1:" + std::to_string(proxy.port())});
    CHECK(probe(options, for_ever_ns).empty());
    options.back().value = "http://me:secret@127.0.0.1:1";
    CHECK(probe(options, for_ever_ns) ==
          "error [proxy] exchange.invalid through the proxy 127.0.0.1:1: Connection refused; the proxy is from option "
          "proxy\n");
  }
  CHECK(tunnel.find("CONNECT exchange.invalid:80 ") == 0);
}

TEST_CASE("TLS is checked as it is when the graph runs") {
  const Certificate certificate;
  std::atomic<int> requests{0};
  Exchange exchange(
      [&](int, Client& client) {
        requests += client.upgrade(all).empty() ? 0 : 1;
        client.wait_for_end();
      },
      &certificate);
  Values options = three_by_two(exchange.url("localhost"));
  const std::string untrusted = probe(options, for_ever_ns);
  CHECK(untrusted.find("error [tls] localhost:") == 0);
  CHECK(untrusted.find("give that as ca_file") != std::string::npos);
  CHECK(requests == 0);
  options.push_back({"ca_file", certificate.file()});
  CHECK(probe(options, for_ever_ns).empty());
  options.back().value = "/does/not/exist.pem";
  const std::string found = probe(options, for_ever_ns);
  CHECK(found.find("problem ca_file: ") == 0);
  CHECK(found.find("/does/not/exist.pem") != std::string::npos);
}
