// SPDX-License-Identifier: Apache-2.0
// The node against a loopback exchange: what it asks for and what it emits.
#include <mutex>

#include "source_kit.hpp"

using namespace sluice::binance::test;

TEST_CASE("the streams are asked for in the address, and a record has all that the design names") {
  std::string request;
  std::mutex mutex;
  Exchange exchange([&](int, Client& client) {
    const std::lock_guard lock(mutex);
    request = client.upgrade();
    client.send(trade(3735693016) +
                text_frame(combined("ethusdt@bookTicker", R"({"u":7,"s":"ETHUSDT","b":"1","B":"2","a":"3","A":"4"})")));
    client.wait_for_end();
  });
  Harness node(binance_ws(), options_for(exchange.url()), running());
  node.begin();
  const int64_t before_ns = node.now_ns();
  REQUIRE(poll_records(node, 2));

  std::vector<RecordCopy> records;
  for (const auto& emission : node.emitted())
    records.insert(records.end(), emission.records.begin(), emission.records.end());
  CHECK(records[0].payload == trade_data(3735693016));
  CHECK(records[0].text("stream") == "btcusdt@trade");
  CHECK(records[0].text("stream_type") == "trade");
  CHECK(records[0].text("symbol") == "BTCUSDT");
  CHECK(records[0].integer("id") == 3735693016);
  CHECK(records[0].integer("event_time") == 1723161601438'000'000);
  CHECK(records[0].integer("trade_time") == 1723161601437'000'000);
  CHECK(records[0].receive_time_ns >= before_ns);
  CHECK(records[0].receive_time_ns <= node.now_ns());
  CHECK(records[1].text("stream") == "ethusdt@bookTicker");
  CHECK(records[1].text("symbol") == "ETHUSDT");
  CHECK(records[1].integer("id") == 7);
  CHECK(records[1].attribute("event_time") == nullptr);
  CHECK(records[1].attribute("trade_time") == nullptr);
  CHECK(node.emitted()[0].partition == SLUICE_NO_PARTITION);
  CHECK(node.metric("frames_total") == 2);
  CHECK(node.metric("bytes_total") > 200);
  CHECK(node.metric("connections_total") == 1);
  CHECK(node.statuses().back().status == SLUICE_STATUS_READY);

  node.finish();
  const std::lock_guard lock(mutex);
  CHECK(request.find(
            "GET /stream?streams=btcusdt@trade/btcusdt@bookTicker/ethusdt@trade/ethusdt@bookTicker HTTP/1.1") == 0);
}

TEST_CASE("frames right behind the upgrade's answer are not lost") {
  Exchange exchange([&](int, Client& client) {
    client.upgrade(trades(1, 4) + trade(4).substr(0, 20));
    client.send(trade(4).substr(20));
    client.wait_for_end();
  });
  Harness node(binance_ws(), options_for(exchange.url()), running());
  node.begin();
  REQUIRE(poll_records(node, 4));
  CHECK(node.payloads() == trade_payloads(1, 5));
  node.finish();
}

TEST_CASE("a source that has nothing returns by its deadline or when it is woken") {
  Exchange exchange([&](int, Client& client) {
    client.upgrade();
    client.wait_for_end();
  });
  Harness node(binance_ws(), options_for(exchange.url()), running());
  node.begin();
  REQUIRE(poll_metric(node, "connections_total"));
  const int64_t before_ns = node.monotonic_ns();
  REQUIRE(node.poll(1000, 20ms).ok());
  CHECK(node.monotonic_ns() - before_ns >= 15'000'000);

  node.wake();
  REQUIRE(node.poll(1000, std::chrono::hours(1)).ok());  // a wake that came before
  std::thread waker([&] { node.wake(); });
  REQUIRE(node.poll(1000, std::chrono::hours(1)).ok());
  waker.join();
  CHECK(node.payloads().empty());
  node.finish();
}

TEST_CASE("a stopped source says goodbye, emits nothing more and waits for nothing") {
  std::atomic<int> opcode{-1};
  std::atomic<int> code{0};
  Exchange exchange([&](int, Client& client) {
    client.upgrade();
    client.send(trade(1));
    const Client::Frame frame = client.receive();
    if (frame.opcode == 8 && frame.payload.size() >= 2) {
      code = static_cast<uint8_t>(frame.payload[0]) << 8 | static_cast<uint8_t>(frame.payload[1]);
    }
    opcode = frame.masked ? frame.opcode : 99;
    client.send(trades(2, 100));
    client.wait_for_end();
  });
  Harness node(binance_ws(), options_for(exchange.url()), running());
  node.begin();
  REQUIRE(poll_records(node, 1));
  node.stop();
  REQUIRE(node.poll_until([&] { return opcode != -1; }, 0));
  for (int i = 0; i < 5; ++i) REQUIRE(node.poll(0, 5ms).ok());
  CHECK(opcode == 8);
  CHECK(code == 1000);
  CHECK(node.payloads() == trade_payloads(1, 2));
  node.finish();
  CHECK(exchange.connections() == 1);
}

TEST_CASE("a source that is closed while it connects leaves nothing behind") {
  Exchange exchange([&](int, Client& client) { client.wait_for_end(); });
  Harness node(binance_ws(), options_for(exchange.url()), running());
  node.begin();
  REQUIRE(node.poll(1000, 5ms).ok());
  node.finish();
}

TEST_CASE("a source that goes through a proxy says so, and shows no password") {
  Exchange proxy([&](int, Client& client) {
    client.read_request();
    client.send("HTTP/1.1 200 OK\r\n\r\n");
    client.upgrade(trade(1));
    client.wait_for_end();
  });
  const std::string place = "127.0.0.1:" + std::to_string(proxy.port());
  Harness node(binance_ws(), options_for("ws://exchange.invalid", {{"proxy", "http://me:secret@" + place}}), running());
  node.begin();
  REQUIRE(poll_records(node, 1));
  bool said = false;
  for (const auto& line : node.logs()) {
    said = said || line.sentence == "going through the proxy " + place + ", from option proxy";
    CHECK(line.sentence.find("secret") == std::string::npos);
  }
  CHECK(said);
  node.finish();
}
