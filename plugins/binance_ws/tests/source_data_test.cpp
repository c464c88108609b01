// SPDX-License-Identifier: Apache-2.0
// The node against a loopback exchange: only an event of a stream that was asked for is data. Nothing else resets the
// waits, feeds data_deadline or makes the node ready; and whatever comes, the limits of the exchange are kept.
#include "connect_budget.hpp"
#include "source_kit.hpp"

using namespace sluice::binance::test;

namespace {

struct Chatter {
  std::string name;
  std::string frames;
};

const std::vector<Chatter> no_data = {
    {"nothing", ""},
    {"a reply", text_frame(R"({"result":null,"id":1})")},
    {"an error", text_frame(R"({"error":{"code":2,"msg":"Invalid request"},"id":1})")},
    {"junk", text_frame("maintenance")},
    {"a malformed event", text_frame(combined("btcusdt@trade", R"({"s":"BTCUSDT"})"))},
    {"a binary message", raw_frame(last_bit | 2, "x")},
    {"an unknown stream", text_frame(combined("xrpusdt@trade", trade_data(1)))},
    {"a name in another case", text_frame(combined("BTCUSDT@trade", trade_data(1)))},
    {"a farewell", text_frame(R"({"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1770123456789}})")},
    {"a ping", ping_frame("p")},
};

/// Of each next connection: not before half of the distance, and after all of it.
void expect_doubling(Harness& node, Exchange& exchange, int first_lost, int last_lost, int64_t distance_s) {
  for (int lost = first_lost; lost <= last_lost; ++lost) {
    REQUIRE(poll_metric(node, "reconnects_closed_total", lost));
    REQUIRE(node.advance(std::chrono::seconds(distance_s / 2 - 5)).ok());
    REQUIRE(node.poll(1000, 2ms).ok());
    CHECK(exchange.connections() == lost);
    REQUIRE(node.advance(std::chrono::seconds(distance_s / 2 + 10)).ok());
    distance_s *= 2;
  }
}

}  // namespace

TEST_CASE("waits double, whatever comes ahead of the end, be it one event") {
  const size_t which = GENERATE(range(size_t{0}, size_t{11}));
  const bool is_data = which == no_data.size();
  const std::string frames = is_data ? trade(1) : no_data[which].frames;
  INFO((is_data ? "an event" : no_data[which].name));
  Exchange exchange([&](int, Client& client) {
    client.upgrade(frames);
    client.send(close_frame(1008, ""));
    client.wait_for_end();
  });
  Harness node(binance_ws(), options_for(exchange.url(), {{"reconnect", "{ first: 1000s, max: 60000s }"}}), running());
  node.begin();
  expect_doubling(node, exchange, 1, 4, 1000);
  CHECK(node.metric("gaps_total") == (is_data ? 4 : 0));
  node.finish();
}

TEST_CASE("a connection that carried data and stood for a while brings the waits back") {
  std::atomic<int> wanted{0};
  Exchange exchange([&](int number, Client& client) {
    client.upgrade();
    if (number == 2) {
      client.send(trade(1));
      while (wanted == 0) std::this_thread::yield();
    }
    client.send(close_frame(1001, ""));
    client.wait_for_end();
  });
  Harness node(binance_ws(), options_for(exchange.url(), {{"reconnect", "{ first: 1000s, max: 60000s }"}}), running());
  node.begin();
  expect_doubling(node, exchange, 1, 2, 1000);
  REQUIRE(poll_records(node, 1));
  REQUIRE(node.advance(11s).ok());
  wanted = 1;
  expect_doubling(node, exchange, 3, 5, 1000);
  CHECK(node.metric("gaps_total") == 1);
  node.finish();
}

TEST_CASE("what is no data does not keep a connection, and does not make the node ready") {
  const size_t which = GENERATE(range(size_t{1}, size_t{10}));
  INFO(no_data[which].name);
  std::atomic<int> wanted{0};
  Exchange exchange([&](int number, Client& client) {
    client.upgrade();
    for (int sent = 0; number == 0 && sent < 4; ++sent) {
      while (wanted <= sent) std::this_thread::yield();
      client.send(no_data[which].frames);
    }
    if (number == 1) client.send(trade(1));
    client.wait_for_end();
  });
  Harness node(binance_ws(), options_for(exchange.url()), running());
  node.begin();
  REQUIRE(poll_metric(node, "connections_total"));
  for (int i = 1; i <= 4; ++i) {
    const int64_t bytes = node.metric("bytes_total");
    wanted = i;
    REQUIRE(node.poll_until(
        [&] { return node.metric("bytes_total") > bytes || node.metric("reconnects_no_data_total") > 0; }));
    for (const auto& each : node.statuses()) CHECK(each.status == SLUICE_STATUS_CONNECTING);
    REQUIRE(node.advance(20s).ok());
  }
  REQUIRE(poll_records(node, 1));
  CHECK(node.metric("reconnects_no_data_total") == 1);
  CHECK(node.metric("reconnects_silent_total") == 0);
  CHECK(node.metric("gaps_total") == 0);
  CHECK(node.statuses().back().status == SLUICE_STATUS_READY);
  node.finish();
}

TEST_CASE("a close behind messages that make no record is seen at once") {
  const size_t which = GENERATE(range(size_t{0}, size_t{10}));
  INFO(no_data[which].name);
  Exchange exchange([&](int number, Client& client) {
    client.upgrade(number == 0 ? no_data[which].frames + close_frame(1001, "") : trade(1));
    client.wait_for_end();
  });
  Harness node(binance_ws(), options_for(exchange.url()), running());
  node.begin();
  // A poll that overlooks the end of the connection would wait for all of its hour.
  while (node.payloads().empty()) REQUIRE(node.poll(1000, std::chrono::hours(1)).ok());
  CHECK(node.metric("reconnects_closed_total") == 1);
  node.finish();
}

TEST_CASE("a large message that goes on coming is waited for, and one that does not is not") {
  const bool goes_on = GENERATE(true, false);
  const bool in_fragments = GENERATE(true, false);
  const std::string data = R"({"s":"BTCUSDT","t":2,"note":")" + std::string(400'000, 'w') + "\"}";
  const std::string whole = combined("btcusdt@trade", data);
  std::string bytes = text_frame(whole);
  if (in_fragments) {
    bytes.clear();
    for (size_t at = 0; at < whole.size(); at += 5000) {
      const bool is_last = at + 5000 >= whole.size();
      bytes += raw_frame(static_cast<uint8_t>((is_last ? last_bit : 0) | (at == 0 ? 1 : 0)), whole.substr(at, 5000));
    }
  }
  constexpr int pieces = 20;
  const int sent_pieces = goes_on ? pieces : 16;
  std::atomic<int> wanted{0};
  Exchange exchange([&](int number, Client& client) {
    client.upgrade(trade(number == 0 ? 1 : 3));
    const size_t size = bytes.size() / pieces + 1;
    for (int sent = 0; number == 0 && sent < sent_pieces; ++sent) {
      while (wanted <= sent) std::this_thread::yield();
      client.send(bytes.substr(static_cast<size_t>(sent) * size, size));
    }
    client.wait_for_end();
  });
  Harness node(binance_ws(), options_for(exchange.url()), running());
  node.begin();
  REQUIRE(poll_records(node, 1));
  for (int i = 1; i <= sent_pieces; ++i) {
    const int64_t before = node.metric("bytes_total");
    wanted = i;
    REQUIRE(node.poll_until([&] { return node.metric("bytes_total") > before + 10'000; }));
    if (i < pieces) REQUIRE(node.advance(4500ms).ok());
  }
  if (!goes_on) REQUIRE(node.advance(6s).ok());
  REQUIRE(poll_records(node, 2));
  CHECK(node.payloads().back() == (goes_on ? data : trade_data(3)));
  CHECK(node.metric("reconnects_no_data_total") == (goes_on ? 0 : 1));
  node.finish();
}

TEST_CASE("large messages that are no data do not keep a connection one after the other") {
  std::atomic<int> wanted{0};
  const std::string junk = text_frame(std::string(30'000, 'j'));
  Exchange exchange([&](int number, Client& client) {
    client.upgrade();
    std::string bytes;
    for (int i = 0; i < 100; ++i) bytes += junk;
    for (int sent = 0; number == 0 && sent < 40; ++sent) {
      while (wanted <= sent) std::this_thread::yield();
      if (!client.send(bytes.substr(static_cast<size_t>(sent) * 20'000, 20'000))) break;
    }
    if (number == 1) client.send(trade(1));
    client.wait_for_end();
  });
  Harness node(binance_ws(), options_for(exchange.url(), {{"data_deadline", "20s"}}), running());
  node.begin();
  REQUIRE(poll_metric(node, "connections_total"));
  for (int i = 1; i <= 12 && node.metric("reconnects_no_data_total") == 0; ++i) {
    const int64_t before = node.metric("bytes_total");
    wanted = i;
    REQUIRE(node.poll_until(
        [&] { return node.metric("bytes_total") > before || node.metric("reconnects_no_data_total") > 0; }));
    REQUIRE(node.advance(4s).ok());
    REQUIRE(node.poll(1000, 1ms).ok());
  }
  CHECK(node.metric("reconnects_no_data_total") == 1);
  wanted = 100;
  REQUIRE(poll_records(node, 1));
  node.finish();
}

TEST_CASE("no settings make more connections than the exchange allows, and nodes of a host share them") {
  Exchange exchange([&](int, Client& client) {
    client.upgrade(trades(1, 6) + close_frame(1001, ""));
    client.wait_for_end();
  });
  Harness node(binance_ws(), options_for(exchange.url(), {{"reconnect", "{ first: 1ms, max: 1ms }"}}), running());
  node.begin();
  const auto shared = sluice::binance::ConnectBudget::of("127.0.0.1");
  for (int i = 0; i < 20; ++i) REQUIRE(shared->take(node.monotonic_ns()));
  constexpr int left = sluice::binance::ConnectBudget::at_once - 20;
  REQUIRE(poll_metric(node, "reconnects_closed_total", left));
  for (int i = 0; i < 20; ++i) REQUIRE(node.poll(1000, 2ms).ok());
  const int64_t before = node.metric("connections_total");
  CHECK(before <= left + 1);  // as a slow test gets one back
  CHECK(logged(node, "may not connect to this host more often for now"));
  REQUIRE(node.advance(11s).ok());
  REQUIRE(poll_metric(node, "connections_total", before + 2));
  node.finish();
}

TEST_CASE("in a storm of any kind five minutes have at most 100 connections, and the first reconnect is quick") {
  const std::string reconnect =
      GENERATE("{ first: 1s, max: 60s }", "{ first: 1ms, max: 1ms }", "{ first: 100ms, max: 400ms }");
  const std::string frames = GENERATE(trades(1, 6) + close_frame(1008, ""), trade(1) + raw_frame(last_bit | 3, "?"),
                                      text_frame("junk") + close_frame(1001, ""));
  Exchange exchange([&](int, Client& client) {
    client.upgrade(frames);
    client.end();
  });
  Harness node(binance_ws(), options_for(exchange.url(), {{"reconnect", reconnect}}), running());
  node.begin();
  const auto losses = [&] {
    return node.metric("reconnects_closed_total") + node.metric("reconnects_cut_total") +
           node.metric("reconnects_protocol_total") + node.metric("reconnects_refused_total");
  };
  REQUIRE(node.poll_until([&] { return losses() == 1; }));
  REQUIRE(node.advance(1s).ok());
  REQUIRE(node.poll_until([&] { return losses() >= 2; }));
  for (int second = 0; second < 299; ++second) {
    REQUIRE(node.advance(1s).ok());
    for (int i = 0; i < 3; ++i) REQUIRE(node.poll(1000, 1ms).ok());
  }
  CHECK(exchange.connections() <= 100);
  node.finish();
}
