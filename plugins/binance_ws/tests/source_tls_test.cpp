// SPDX-License-Identifier: Apache-2.0
// The node over TLS: what is trusted, and that bytes come through however TLS cuts them.
#include "source_kit.hpp"

using namespace sluice::binance::test;

namespace {

const Certificate& certificate() {
  static const Certificate made;
  return made;
}

}  // namespace

TEST_CASE("wss with a certificate that ca_file vouches for, by name and by address") {
  const std::string host = GENERATE("localhost", "127.0.0.1");
  constexpr int64_t count = 3000;
  Exchange exchange(
      [&](int, Client& client) {
        client.upgrade(trades(0, 5));
        client.send(ping_frame("p") + trades(5, count));
        client.wait_for_end();
      },
      &certificate());
  Harness node(binance_ws(), options_for(exchange.url(host), {{"ca_file", certificate().file()}}), running());
  node.begin();
  REQUIRE(poll_records(node, count));
  CHECK(node.payloads() == trade_payloads(0, count));
  CHECK(node.metric("connections_total") == 1);
  CHECK(node.metric("pings_total") == 1);
  node.finish();
}

TEST_CASE("a certificate that nobody vouches for, or of another name, is refused before a byte is said") {
  std::atomic<int> requests{0};
  Exchange exchange([&](int, Client& client) { requests += client.read_request().empty() ? 0 : 1; }, &certificate());
  const bool trusted = GENERATE(true, false);
  Values more;
  if (trusted) more.push_back({"ca_file", certificate().file()});
  Harness node(binance_ws(), options_for(exchange.url(trusted ? "127.0.0.2" : "localhost"), more), running());
  node.begin();
  REQUIRE(poll_metric(node, trusted ? "reconnects_unreachable_total" : "reconnects_tls_total"));
  CHECK(requests == 0);
  node.finish();
}

TEST_CASE("TLS without its farewell is a cut connection, and what came before is kept") {
  const bool farewell = GENERATE(true, false);
  Exchange exchange(
      [&](int number, Client& client) {
        client.upgrade();
        client.send(trades(number * 2, number * 2 + 2));
        if (number == 0) client.end(farewell);
        client.wait_for_end();
      },
      &certificate());
  Harness node(binance_ws(), options_for(exchange.url(), {{"ca_file", certificate().file()}}), running());
  node.begin();
  REQUIRE(poll_records(node, 4));
  CHECK(node.payloads() == trade_payloads(0, 4));
  CHECK(node.metric("reconnects_cut_total") == 1);
  bool said = false;
  for (const auto& line : node.logs()) said = said || line.sentence.find("truncated") != std::string::npos;
  CHECK(said == !farewell);
  node.finish();
}

TEST_CASE("who does not speak TLS is named so") {
  Exchange exchange([&](int, Client& client) {
    client.send("HTTP/1.1 400 Bad Request\r\n\r\n");
    client.end();
  });
  const std::string url = "wss" + exchange.url().substr(2);
  Harness node(binance_ws(), options_for(url), running());
  node.begin();
  REQUIRE(poll_metric(node, "reconnects_tls_total"));
  node.finish();
}

TEST_CASE("a ca_file that cannot be read is said at open") {
  Harness node(binance_ws(), options_for("wss://127.0.0.1:1", {{"ca_file", "/does/not/exist.pem"}}), running());
  const auto opened = node.open();
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error().category == sluice::Category::operator_needed);
  CHECK(opened.error().message.find("/does/not/exist.pem") != std::string::npos);
}
