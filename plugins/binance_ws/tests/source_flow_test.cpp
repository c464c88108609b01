// SPDX-License-Identifier: Apache-2.0
// The node against a loopback exchange: how bytes become records, and what credit does.
#include <random>

#include "source_kit.hpp"

using namespace sluice::binance::test;

TEST_CASE("all records come once, in order and whole, however they are sent and whatever the credit", "[property]") {
  const uint32_t seed = GENERATE(1u, 2u, 3u, 4u);
  constexpr int64_t count = 4000;
  Exchange exchange([&](int, Client& client) {
    client.upgrade();
    std::mt19937 random(seed);
    std::string bytes;
    for (int64_t id = 0; id < count; ++id) {
      const std::string frame = combined("btcusdt@trade", trade_data(id));
      if (random() % 10 == 0) {
        const size_t cut = random() % frame.size();
        bytes += raw_frame(1, frame.substr(0, cut)) + ping_frame("between") + raw_frame(last_bit, frame.substr(cut));
      } else {
        bytes += text_frame(frame);
      }
      if (random() % 50 == 0) bytes += ping_frame(std::to_string(id));
    }
    for (size_t at = 0; at < bytes.size();) {
      const size_t chunk = random() % 5 == 0 ? 1 + random() % 100'000 : 1 + random() % 500;
      if (!client.send(bytes.substr(at, chunk))) return;
      at += chunk;
    }
    client.wait_for_end();
  });
  Harness node(binance_ws(), options_for(exchange.url()), running());
  node.begin();
  std::mt19937 random(seed + 100);
  size_t seen = 0;
  size_t batches = 0;
  while (seen < count) {
    const uint64_t credit = random() % 8 == 0 ? 0 : 1 + random() % 200;
    const size_t before = seen;
    REQUIRE(node.poll(credit, 100ms, random() % 4 == 0 ? 1 + random() % 1000 : 1 << 20).ok());
    for (; batches < node.emitted().size(); ++batches) seen += node.emitted()[batches].size();
    REQUIRE(seen - before <= credit);
  }
  CHECK(node.payloads() == trade_payloads(0, count));
  CHECK(node.metric("malformed_total") == 0);
  CHECK(node.metric("reconnects_protocol_total") == 0);
  node.deliver_all();
  node.finish();
}

TEST_CASE("bytes of credit bind too, and a record may overshoot") {
  Exchange exchange([&](int, Client& client) {
    client.upgrade();
    client.send(trades(0, 20));
    client.wait_for_end();
  });
  Harness node(binance_ws(), options_for(exchange.url()), running());
  node.begin();
  const uint64_t one = trade_data(0).size();
  while (node.payloads().empty()) REQUIRE(node.poll(1000, 10ms, one + 1).ok());
  CHECK(node.emitted().front().size() <= 2);
  REQUIRE(poll_records(node, 20));
  node.finish();
}

TEST_CASE("messages larger than a read buffer are taken up to max_frame") {
  const std::string wide(300'000, 'w');
  const std::string data = R"({"s":"BTCUSDT","t":5,"note":")" + wide + "\"}";
  Exchange exchange([&](int, Client& client) {
    client.upgrade();
    const std::string frame = combined("btcusdt@trade", data);
    client.send(trade(1) + text_frame(frame) + trade(2) + raw_frame(1, frame.substr(0, 1000)) +
                raw_frame(last_bit, frame.substr(1000)) + trade(3));
    client.wait_for_end();
  });
  Harness node(binance_ws(), options_for(exchange.url()), running());
  node.begin();
  REQUIRE(poll_records(node, 5));
  CHECK(node.payloads() == std::vector<std::string>{trade_data(1), data, trade_data(2), data, trade_data(3)});
  node.finish();
}

TEST_CASE("a ping is answered with its payload, also ahead of data that waits for credit") {
  std::atomic<bool> answered{false};
  Exchange exchange([&](int, Client& client) {
    client.upgrade();
    client.send(trades(0, 50) + ping_frame("1723161601438"));
    const Client::Frame pong = client.receive();
    answered = pong.opcode == 10 && pong.masked && pong.payload == "1723161601438";
    client.wait_for_end();
  });
  Harness node(binance_ws(), options_for(exchange.url()), running());
  node.begin();
  REQUIRE(poll_metric(node, "connections_total"));
  REQUIRE(node.poll_until([&] { return answered.load(); }, 1));
  CHECK(node.metric("pings_total") == 1);
  CHECK(poll_records(node, 50));
  node.finish();
}

TEST_CASE("without credit nothing is read, and the connection is closed before the exchange cuts it off") {
  std::atomic<int> close_code{0};
  Exchange exchange([&](int number, Client& client) {
    client.upgrade();
    client.send(trades(number * 100, number * 100 + 10));
    const Client::Frame frame = client.receive();
    if (number == 0 && frame.opcode == 8)
      close_code = static_cast<uint8_t>(frame.payload[0]) << 8 | static_cast<uint8_t>(frame.payload[1]);
    client.wait_for_end();
  });
  Harness node(binance_ws(), options_for(exchange.url(), {{"stop_reading_limit", "40s"}}), running());
  node.begin();
  REQUIRE(poll_records(node, 10));
  REQUIRE(node.poll(0, 1ms).ok());
  REQUIRE(node.advance(35s).ok());  // past read_deadline, which rests
  REQUIRE(node.poll(0, 1ms).ok());
  CHECK(node.metric("reconnects_backpressure_total") == 0);
  REQUIRE(node.advance(6s).ok());
  REQUIRE(node.poll(0, 1ms).ok());
  CHECK(node.metric("reconnects_backpressure_total") == 1);
  CHECK(node.metric("gaps_total") == 1);
  CHECK(node.statuses().back().status == SLUICE_STATUS_BLOCKED);
  REQUIRE(node.advance(600s).ok());
  for (int i = 0; i < 5; ++i) REQUIRE(node.poll(0, 5ms).ok());
  CHECK(node.metric("connections_total") == 1);  // not without credit
  CHECK(node.await([&] { return close_code.load() == 1000; }));
  REQUIRE(poll_records(node, 20));
  CHECK(node.payloads().back() == trade_data(109));
  CHECK(node.metric("reconnects_silent_total") == 0);
  node.finish();
}

TEST_CASE("after a pause the read deadline counts from where it stood") {
  Exchange exchange([&](int, Client& client) {
    client.upgrade();
    client.send(trade(1));
    client.wait_for_end();
  });
  Harness node(binance_ws(), options_for(exchange.url()), running());
  node.begin();
  REQUIRE(poll_records(node, 1));
  REQUIRE(node.advance(15s).ok());
  REQUIRE(node.poll(0, 1ms).ok());
  REQUIRE(node.advance(20s).ok());
  REQUIRE(node.poll(1000, 1ms).ok());
  REQUIRE(node.poll(1000, 1ms).ok());
  CHECK(node.metric("reconnects_silent_total") == 0);
  REQUIRE(node.advance(16s).ok());
  REQUIRE(poll_metric(node, "reconnects_silent_total"));
  node.finish();
}

TEST_CASE("a slow trickle of credit does not lose what is decoded when the limit closes the connection") {
  Exchange exchange([&](int number, Client& client) {
    client.upgrade();
    if (number == 0) client.send(trades(0, 10));
    client.wait_for_end();
  });
  Harness node(binance_ws(), options_for(exchange.url()), running());
  node.begin();
  REQUIRE(poll_records(node, 1, 1));
  REQUIRE(node.poll_until([&] { return node.payloads().size() >= 3; }, 1));
  REQUIRE(node.poll(0, 1ms).ok());
  REQUIRE(node.advance(41s).ok());
  REQUIRE(node.poll(0, 1ms).ok());
  REQUIRE(poll_records(node, 10, 1));
  CHECK(node.payloads() == trade_payloads(0, 10));
  CHECK(poll_metric(node, "reconnects_backpressure_total"));
  node.finish();
}
