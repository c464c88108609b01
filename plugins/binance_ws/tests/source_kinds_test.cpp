// SPDX-License-Identifier: Apache-2.0
// The node against a loopback exchange: streams whose payloads are of other kinds, and what the log says of the rest.
#include <random>

#include "source_kit.hpp"

using namespace sluice::binance::test;

namespace {

std::string ticker(int number, const std::string& symbol) {
  return R"({"e":"24hrMiniTicker","E":1723161601438,"s":")" + symbol + R"(","c":")" + std::to_string(number) + "\"}";
}

Values all_market(const std::string& url) {
  return {{"url", url}, {"streams", "[!miniTicker@arr]"}, {"malformed", "discard"}};
}

}  // namespace

TEST_CASE("partial depth has the symbol whose stream it is, for each to be kept apart") {
  const std::string depth = R"({"lastUpdateId":7,"bids":[["1","1"]],"asks":[["2","1"]]})";
  Exchange exchange([&](int, Client& client) {
    client.upgrade(text_frame(combined("btcusdt@depth20@100ms", depth)) +
                   text_frame(combined("ethusdt@depth20@100ms", depth)));
    client.wait_for_end();
  });
  Harness node(binance_ws(), {{"url", exchange.url()}, {"symbols", "[btcusdt, ETHUSDT]"}, {"streams", "depth20@100ms"}},
               running());
  node.begin();
  REQUIRE(poll_records(node, 2));
  const auto records = records_of(node);
  CHECK(records[0].text("symbol") == "BTCUSDT");
  CHECK(records[1].text("symbol") == "ETHUSDT");
  CHECK(records[1].text("stream_type") == "depth20@100ms");
  CHECK(records[1].attribute("id") == nullptr);
  CHECK(records[1].payload == depth);
  node.finish();
}

TEST_CASE("a list becomes a record for each element, whatever the credit and the frames", "[property]") {
  const uint32_t seed = GENERATE(1u, 2u, 3u);
  std::mt19937 random(seed);
  std::vector<std::string> expected;
  std::string frames;
  for (int message = 0; message < 60; ++message) {
    std::string list = "[";
    for (int i = static_cast<int>(random() % 40); i > 0; --i) {
      expected.push_back(ticker(static_cast<int>(expected.size()), "S" + std::to_string(random() % 9)));
      list += (list.size() > 1 ? "," : "") + expected.back();
    }
    const std::string text = combined("!miniTicker@arr", list + "]");
    const size_t cut = random() % text.size();
    frames += random() % 2 == 0 ? text_frame(text)
                                : raw_frame(1, text.substr(0, cut)) + raw_frame(last_bit, text.substr(cut));
  }
  Exchange exchange([&](int, Client& client) {
    client.upgrade();
    client.send(frames);
    client.wait_for_end();
  });
  Harness node(binance_ws(), all_market(exchange.url()), running());
  node.begin();
  size_t seen = 0, batches = 0;
  while (seen < expected.size()) {
    const uint64_t credit = random() % 30;
    const size_t before = seen;
    REQUIRE(node.poll(credit, 100ms, random() % 3 == 0 ? 1 + random() % 1000 : 1 << 20).ok());
    for (; batches < node.emitted().size(); ++batches) seen += node.emitted()[batches].size();
    REQUIRE(seen - before <= credit);
  }
  CHECK(node.payloads() == expected);
  CHECK(node.metric("frames_total") == 60);
  CHECK(node.metric("malformed_total") == 0);
  for (const RecordCopy& record : records_of(node)) {
    REQUIRE(record.payload.find("\"s\":\"" + std::string(record.text("symbol")) + "\"") != std::string::npos);
    REQUIRE(record.text("stream") == "!miniTicker@arr");
    REQUIRE(record.integer("event_time") == 1723161601438'000'000);
  }
  node.deliver_all();
  node.finish();
}

TEST_CASE("of a list only what is malformed leaves by that port") {
  Exchange exchange([&](int, Client& client) {
    client.upgrade(
        text_frame(combined("!miniTicker@arr", "[" + ticker(1, "A") + R"(,{"s":5},)" + ticker(2, "B") + "]")) +
        text_frame(combined("!miniTicker@arr", "[1]")) + text_frame(combined("!miniTicker@arr", "[]")));
    client.wait_for_end();
  });
  Harness node(binance_ws(), all_market(exchange.url()), running());
  node.begin();
  REQUIRE(poll_metric(node, "frames_total", 3));
  REQUIRE(poll_records(node, 2));
  CHECK(node.payloads() == std::vector<std::string>{ticker(1, "A"), ticker(2, "B")});
  CHECK(node.payloads("malformed") == std::vector<std::string>{R"({"s":5})", combined("!miniTicker@arr", "[1]")});
  node.finish();
}

TEST_CASE("an escaped symbol is unescaped in the attribute alone") {
  const std::string same = R"({"s":"\u0042TCUSDT","t":1})", other = R"({"s":"\u0045THUSDT","t":2})";
  Exchange exchange([&](int, Client& client) {
    client.upgrade(text_frame(combined("btcusdt@trade", same)) + text_frame(combined("btcusdt@trade", other)));
    client.wait_for_end();
  });
  Harness node(binance_ws(), options_for(exchange.url()), running());
  node.begin();
  REQUIRE(poll_records(node, 2));
  const auto records = records_of(node);
  CHECK(records[0].text("symbol") == "BTCUSDT");
  CHECK(records[0].payload == same);
  CHECK(records[1].text("symbol") == "ETHUSDT");
  CHECK(records[1].payload == other);
  node.finish();
}

TEST_CASE("microseconds are asked for in the address, and attributes are right in either unit") {
  const bool microseconds = GENERATE(true, false);
  const bool by_url = GENERATE(true, false);
  std::string request;
  {
    Exchange exchange([&](int, Client& client) {
      request =
          client.upgrade(text_frame(combined("btcusdt@trade", R"({"E":1723161601438123,"s":"BTCUSDT","t":1,"T":1})")) +
                         text_frame(combined("btcusdt@trade", R"({"E":1723161601438,"s":"BTCUSDT","t":2,"T":1})")));
      client.wait_for_end();
    });
    Values more;
    if (microseconds && !by_url) more.push_back({"time_unit", "us"});
    if (!microseconds && !by_url) more.push_back({"time_unit", "ms"});
    const std::string query = !by_url ? "" : microseconds ? "/stream?timeUnit=microsecond" : "/ws?timeUnit=MILLISECOND";
    Harness node(binance_ws(), options_for(exchange.url() + query, more), running());
    node.begin();
    REQUIRE(poll_records(node, 2));
    const auto records = records_of(node);
    CHECK(records[0].integer("event_time") == 1723161601438'123'000);
    CHECK(records[1].integer("event_time") == 1723161601438'000'000);
    CHECK(logged(node, microseconds ? "come in milliseconds, although time_unit is us"
                                    : "come in microseconds, although time_unit is ms"));
    node.finish();
  }
  const std::string asked = request.substr(0, request.find(" HTTP"));
  const size_t first = asked.find("timeUnit=");
  CHECK((first != std::string::npos) == (microseconds || by_url));
  CHECK(asked.find("timeUnit=", first + 1) == std::string::npos);
  if (microseconds) CHECK(sluice::net::ascii_upper(asked).find("&TIMEUNIT=MICROSECOND") != std::string::npos);
}

TEST_CASE("each kind of line has its own limit, and none hides another") {
  Exchange exchange([&](int, Client& client) {
    client.upgrade();
    for (int i = 0; i < 50; ++i) {
      client.send(text_frame("junk") + text_frame(combined("xrpusdt@trade", trade_data(1))) +
                  text_frame(R"({"result":null,"id":1})") + text_frame(R"({"e":"serverShutdown","E":1})"));
    }
    client.send(trade(1));
    client.wait_for_end();
  });
  Harness node(binance_ws(), options_for(exchange.url()), running());
  node.begin();
  while (node.payloads("out").empty()) REQUIRE(node.poll(1000, 1ms).ok());
  const auto lines = [&](const std::string& part) {
    const auto logs = node.logs();
    return std::count_if(logs.begin(), logs.end(),
                         [&](const auto& line) { return line.sentence.find(part) != std::string::npos; });
  };
  CHECK(lines("is malformed") == 1);
  CHECK(lines("'xrpusdt@trade', which was not requested") == 1);
  CHECK(lines("a request that was never sent") == 1);
  CHECK(lines("will close this connection soon") == 1);
  CHECK(node.metric("server_shutdowns_total") == 50);
  node.finish();
}

TEST_CASE("a stream that differs in case only from one that was asked for is named with it") {
  Exchange exchange([&](int, Client& client) {
    client.upgrade(text_frame(combined("BTCUSDT@trade", trade_data(1))));
    client.wait_for_end();
  });
  Harness node(binance_ws(), options_for(exchange.url()), running());
  node.begin();
  REQUIRE(poll_metric(node, "unknown_streams_total"));
  CHECK(logged(node, "'BTCUSDT@trade', which was not requested; did you mean 'btcusdt@trade'?"));
  node.finish();
}

TEST_CASE("text of the exchange stays on its line and is well-formed") {
  const std::string forged = "{\"error\":1,\n\n\"2026-01-01 error sluice: forged\":1,\"x\":\"\x1b[31m\xc2\x85\"}";
  const std::string frames = GENERATE_COPY(text_frame(forged), text_frame(combined("a\\nb\\u001b\\u2028", "{}")),
                                           close_frame(1008, "\xff\xfe\x1b[31m\r\nforged\xc3\x28"),
                                           close_frame(0, "\xff\xfe\x1b[31m\r\nforged"));
  Exchange exchange([&](int number, Client& client) {
    client.upgrade(number == 0 ? frames : trade(1));
    client.wait_for_end();
  });
  Harness node(binance_ws(), options_for(exchange.url(), {{"data_deadline", "100ms"}}), running());
  node.begin();
  REQUIRE(node.poll_until([&] { return node.payloads("out").size() == 1; }));
  size_t warnings = 0;
  const auto check = [&](const std::string& sentence) {
    INFO(sentence);
    CHECK(std::none_of(sentence.begin(), sentence.end(),
                       [](char c) { return static_cast<uint8_t>(c) < 0x20 || c == 0x7f; }));
    for (const char* bad : {"\xc2\x85", "\xe2\x80\xa8", "\xff", "\xfe", "\xc3\x28"}) {
      CHECK(sentence.find(bad) == std::string::npos);
    }
  };
  for (const auto& line : node.logs()) {
    check(line.sentence);
    ++warnings;
  }
  for (const auto& status : node.statuses()) check(status.sentence);
  CHECK(warnings >= 2);
  node.finish();
}
