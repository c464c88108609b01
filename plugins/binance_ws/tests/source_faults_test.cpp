// SPDX-License-Identifier: Apache-2.0
// The node against a loopback exchange that misbehaves: whatever ends a connection, the next one is made.
#include "source_kit.hpp"

using namespace sluice::binance::test;

TEST_CASE("every way to lose a connection leads to the next, is counted by its cause, and loses no record before it") {
  struct Way {
    std::string cause;
    std::string says;
    std::function<void(Client&)> end;
  };
  const std::vector<Way> ways = {
      {"closed", "code 1008 'Pong timeout'",
       [](Client& c) { c.send(close_frame(1008, "Pong timeout")), c.wait_for_end(); }},
      {"closed", "code 1001", [](Client& c) { c.send(close_frame(1001, "going away")), c.end(); }},
      {"closed", "without a code", [](Client& c) { c.send(raw_frame(last_bit | 8, "")), c.wait_for_end(); }},
      {"cut", "without a close frame", [](Client& c) { c.end(); }},
      {"cut", "without a close frame", [](Client& c) { c.send(trade(9).substr(0, 50)), c.end(); }},
      {"protocol", "reserved bit", [](Client& c) { c.send(raw_frame(last_bit | 0x41, "x")), c.wait_for_end(); }},
      {"protocol", "masked", [](Client& c) { c.send(raw_frame(last_bit | 1, "maskbytes", 0x80)), c.wait_for_end(); }},
      {"too_big", "max_frame", [](Client& c) { c.send(text_frame(std::string(2000, 'x'))), c.wait_for_end(); }},
  };
  const size_t which = GENERATE(0u, 1u, 2u, 3u, 4u, 5u, 6u, 7u);
  const Way& way = ways[which];
  Exchange exchange([&](int number, Client& client) {
    client.upgrade();
    client.send(trades(number * 3, number * 3 + 3));
    if (number == 0) way.end(client);
    client.wait_for_end();
  });
  Harness node(binance_ws(), options_for(exchange.url(), {{"max_frame", "1KiB"}}), running());
  node.begin();
  INFO(way.cause << ": " << way.says);
  REQUIRE(poll_records(node, 6));
  CHECK(node.payloads() == trade_payloads(0, 6));
  CHECK(node.metric("reconnects_" + way.cause + "_total") == 1);
  CHECK(node.metric("gaps_total") == 1);
  CHECK(node.metric("connections_total") == 2);
  CHECK(logged(node, way.says));
  node.finish();
}

TEST_CASE("a reset connection is a cut one") {
  Exchange exchange([&](int number, Client& client) {
    client.upgrade();
    if (number == 0) return client.reset();
    client.send(trade(1));
    client.wait_for_end();
  });
  Harness node(binance_ws(), options_for(exchange.url()), running());
  node.begin();
  REQUIRE(poll_records(node, 1));
  CHECK(node.metric("reconnects_cut_total") + node.metric("reconnects_refused_total") == 1);
  node.finish();
}

TEST_CASE("the close frame is echoed and a protocol error is answered with its code") {
  const auto [sent, code] =
      GENERATE(std::pair<std::string, int>{close_frame(1001, "going away"), 1001},
               std::pair<std::string, int>{raw_frame(last_bit | 8, ""), 1000},
               std::pair<std::string, int>{raw_frame(last_bit | 3, "?"), 1002},
               std::pair<std::string, int>{text_frame(std::string(2000, 'x')).substr(0, 4), 1009});
  std::atomic<int> answered{0};
  Exchange exchange([&, bytes = sent](int number, Client& client) {
    client.upgrade();
    if (number == 0) {
      client.send(bytes);
      const Client::Frame frame = client.receive();
      if (frame.opcode == 8)
        answered = static_cast<uint8_t>(frame.payload[0]) << 8 | static_cast<uint8_t>(frame.payload[1]);
    }
    client.wait_for_end();
  });
  Harness node(binance_ws(), options_for(exchange.url(), {{"max_frame", "1KiB"}}), running());
  node.begin();
  REQUIRE(poll_metric(node, "connections_total", 2));
  CHECK(answered == code);
  node.finish();
}

TEST_CASE("silence ends a connection, and so do pings without data") {
  Exchange exchange([&](int number, Client& client) {
    client.upgrade();
    if (number == 0) client.send(trade(1));
    if (number == 1) client.send(trade(2));
    for (int i = 0; number == 1 && i < 7; ++i) {
      client.send(ping_frame("p"));
      if (client.receive().opcode != 10) return;
    }
    if (number == 2) client.send(trade(3));
    client.wait_for_end();
  });
  Harness node(binance_ws(), options_for(exchange.url()), running());
  node.begin();
  REQUIRE(poll_records(node, 1));
  REQUIRE(node.advance(29s).ok());
  REQUIRE(node.poll(1000, 1ms).ok());
  CHECK(node.metric("reconnects_silent_total") == 0);
  REQUIRE(node.advance(2s).ok());
  REQUIRE(poll_metric(node, "reconnects_silent_total"));
  REQUIRE(poll_records(node, 2));
  REQUIRE(poll_metric(node, "pings_total", 7));
  REQUIRE(node.advance(29s).ok());
  REQUIRE(node.poll(1000, 1ms).ok());
  CHECK(node.metric("reconnects_no_data_total") == 0);
  node.finish();
}

TEST_CASE("pings alone do not keep a connection that carries no data") {
  std::atomic<int> wanted{0};
  Exchange exchange([&](int number, Client& client) {
    client.upgrade();
    if (number == 0) {
      client.send(trade(1));
      for (int sent = 0; sent < 4; ++sent) {
        while (wanted <= sent) std::this_thread::yield();
        client.send(ping_frame("p"));
      }
    } else {
      client.send(trade(2));
    }
    client.wait_for_end();
  });
  Harness node(binance_ws(), options_for(exchange.url()), running());
  node.begin();
  REQUIRE(poll_records(node, 1));
  for (int i = 1; i <= 4; ++i) {
    REQUIRE(node.advance(20s).ok());
    wanted = i;
    REQUIRE(node.poll_until(
        [&] { return node.metric("pings_total") >= i || node.metric("reconnects_no_data_total") > 0; }));
  }
  wanted = 4;
  REQUIRE(poll_records(node, 2));
  CHECK(node.metric("reconnects_no_data_total") == 1);
  CHECK(node.metric("reconnects_silent_total") == 0);
  node.finish();
}

TEST_CASE("a refused upgrade is named and tried again, not before the time that the exchange asks for") {
  Exchange exchange([&](int number, Client& client) {
    const std::string request = client.read_request();
    if (number == 0) {
      client.send("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 100\r\nContent-Length: 0\r\n\r\n");
    } else {
      client.accept_upgrade(request);
      client.send(trade(1));
    }
    client.wait_for_end();
  });
  Harness node(binance_ws(), options_for(exchange.url()), running());
  node.begin();
  REQUIRE(poll_metric(node, "reconnects_refused_total"));
  CHECK(logged(node, "HTTP 429 Too Many Requests"));
  CHECK(node.statuses().back().status == SLUICE_STATUS_CONNECTING);
  REQUIRE(node.advance(90s).ok());
  for (int i = 0; i < 3; ++i) REQUIRE(node.poll(1000, 5ms).ok());
  CHECK(exchange.connections() == 1);
  REQUIRE(node.advance(11s).ok());
  REQUIRE(poll_records(node, 1));
  CHECK(node.metric("gaps_total") == 0);
  node.finish();
}

TEST_CASE("the reason of a refusal may come behind its head, and need not end") {
  const bool ends = GENERATE(true, false);
  std::atomic<bool> waiting{false};
  Exchange exchange([&](int, Client& client) {
    client.read_request();
    client.send("HTTP/1.1 403 Forbidden\r\nContent-Type: text/html; charset=gbk\r\n\r\n");
    while (!waiting) std::this_thread::yield();
    client.send("\xbe\xdc\xbe\xf8");
    if (!ends) client.wait_for_end();
  });
  Harness node(binance_ws(), options_for(exchange.url()), running());
  node.begin();
  REQUIRE(node.poll_until([&] { return exchange.connections() == 1; }));
  waiting = true;
  REQUIRE(poll_metric(node, "reconnects_refused_total"));
  CHECK(logged(node, "HTTP 403 Forbidden"));
  CHECK(logged(node, "\u62d2\u7edd"));
  node.finish();
}

TEST_CASE("an interim answer, the upgrade and frames may come in one read") {
  Exchange exchange([&](int, Client& client) {
    const std::string request = client.read_request();
    client.send("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
    client.accept_upgrade(request, trades(1, 3));
    client.wait_for_end();
  });
  Harness node(binance_ws(), options_for(exchange.url()), running());
  node.begin();
  REQUIRE(poll_records(node, 2));
  CHECK(node.payloads() == trade_payloads(1, 3));
  CHECK(node.metric("connections_total") == 1);
  node.finish();
}

TEST_CASE("nobody at the address, or nobody who answers, is tried again") {
  SECTION("nothing listens") {
    Harness node(binance_ws(), options_for("ws://127.0.0.1:1"), running());
    node.begin();
    REQUIRE(poll_metric(node, "reconnects_unreachable_total", 3));
    CHECK(logged(node, "127.0.0.1:1: Connection refused"));
    node.finish();
  }
  SECTION("the name does not exist") {
    Harness node(binance_ws(), options_for("ws://no-such-host.invalid"), running());
    node.begin();
    REQUIRE(poll_metric(node, "reconnects_unreachable_total"));
    CHECK(logged(node, "'no-such-host.invalid' did not resolve"));
    node.finish();
  }
  SECTION("the upgrade is not answered") {
    Exchange exchange([&](int, Client& client) { client.wait_for_end(); });
    Harness node(binance_ws(), options_for(exchange.url()), running());
    node.begin();
    REQUIRE(node.poll_until([&] { return exchange.connections() == 1; }));
    REQUIRE(node.advance(11s).ok());
    REQUIRE(poll_metric(node, "reconnects_unreachable_total"));
    CHECK(logged(node, "(connect_deadline)"));
    node.finish();
  }
}

TEST_CASE("what is no event of ours is counted and passed over; what is malformed leaves by its port") {
  const bool wired = GENERATE(true, false);
  const std::vector<std::string> bad = {"", "{", R"({"stream":"btcusdt@trade","data":{"s":"BTCUSDT"}})", "\xff\xfe"};
  Exchange exchange([&](int, Client& client) {
    client.upgrade();
    client.send(trade(1) + text_frame(combined("xrpusdt@trade", trade_data(5))) +
                text_frame(R"({"result":null,"id":1})") + text_frame(R"({"error":{"code":2,"msg":"x"},"id":2})") +
                text_frame(R"({"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1}})"));
    for (const std::string& frame : bad) client.send(text_frame(frame));
    client.send(raw_frame(last_bit | 2, "binary") + raw_frame(1, "{\"fr") + raw_frame(last_bit, "ag") + trade(2));
    client.wait_for_end();
  });
  Setup setup = running();
  if (!wired) setup.unwired = {"malformed"};
  Harness node(binance_ws(), options_for(exchange.url()), setup);
  node.begin();
  REQUIRE(poll_records(node, 2));
  CHECK(node.payloads() == trade_payloads(1, 3));
  CHECK(node.metric("unknown_streams_total") == 1);
  CHECK(node.metric("control_replies_total") == 2);
  CHECK(node.metric("server_shutdowns_total") == 1);
  CHECK(node.metric("malformed_total") == 6);
  CHECK(node.metric("malformed_discarded_total") == (wired ? 0 : 6));
  CHECK(node.metric("frames_total") == 12);
  std::vector<std::string> expected = bad;
  expected.push_back("binary");
  expected.push_back("{\"frag");
  if (!wired) expected.clear();
  CHECK(node.payloads("malformed") == expected);
  for (const auto& emission : node.emitted()) {
    for (const RecordCopy& record : emission.records) CHECK(record.receive_time_ns > 0);
  }
  node.finish();
}
