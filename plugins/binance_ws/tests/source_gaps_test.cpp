// SPDX-License-Identifier: Apache-2.0
// The node against a loopback exchange that skips, swaps and repeats ids: what leaves by `out`, and what by `gaps`.
#include <algorithm>
#include <set>

#include "source_kit.hpp"

using namespace sluice::binance::test;

namespace {

std::string quote(int64_t id) {
  return text_frame(combined("btcusdt@bookTicker", R"({"u":)" + std::to_string(id) +
                                                       R"(,"s":"BTCUSDT","b":"1.0","B":"1.0","a":"2.0","A":"1.0"})"));
}
std::string aggregate(int64_t id, int64_t first_trade, int64_t last_trade) {
  return text_frame(combined("btcusdt@aggTrade", R"({"e":"aggTrade","E":1723161601438,"s":"BTCUSDT","a":)" +
                                                     std::to_string(id) + R"(,"p":"1.0","q":"1.0","f":)" +
                                                     std::to_string(first_trade) + R"(,"l":)" +
                                                     std::to_string(last_trade) + R"(,"T":1723161601437,"m":true})"));
}

/// Sends one text a connection, and closes all but the last.
Exchange sending(std::vector<std::string> texts) {
  return Exchange([texts = std::move(texts)](int number, Client& client) {
    client.upgrade();
    const auto at = static_cast<size_t>(number);
    client.send(texts[std::min(at, texts.size() - 1)]);
    if (at + 1 < texts.size()) client.send(close_frame(1001, "going away"));
    client.wait_for_end();
  });
}

bool poll_gaps(Harness& node, size_t records, uint64_t credit = 1000) {
  return node.poll_until([&] { return node.payloads("gaps").size() >= records; }, credit);
}

/// Without its times, which are the moments of the test.
std::string without_times(std::string json) {
  for (const std::string key : {"since", "at"}) {
    const size_t begin = json.find(",\"" + key + "\":\"");
    if (begin == std::string::npos) continue;
    CHECK(json.size() > begin + key.size() + 33);
    json.erase(begin, key.size() + 33);
  }
  return json;
}

Setup without_gaps() {
  Setup setup = running();
  setup.unwired = {"gaps"};
  return setup;
}

}  // namespace

TEST_CASE("ids that are skipped become a gap, which closes as permanent where nothing repairs") {
  Exchange exchange = sending({trades(1, 3) + trade(6)});
  Harness node(binance_ws(), options_for(exchange.url()), running());
  node.begin();
  REQUIRE(poll_gaps(node, 1));
  CHECK(node.payloads("out") == std::vector<std::string>{trade_data(1), trade_data(2), trade_data(6)});
  CHECK(node.metric("open_gaps") == 1);
  CHECK(node.metric("open_ids") == 3);
  CHECK(node.metric("open_since_seconds") > 0);
  REQUIRE(node.advance(2s).ok());
  REQUIRE(poll_gaps(node, 2));
  CHECK(without_times(node.payloads("gaps")[0]) ==
        R"({"gap":"btcusdt@trade/3-5","state":"found","symbol":"BTCUSDT","stream":"btcusdt@trade",)"
        R"("stream_type":"trade","first_id":3,"last_id":5,"count":3,"cause":"ids skipped while connected"})");
  CHECK(without_times(node.payloads("gaps")[1]) ==
        R"({"gap":"btcusdt@trade/3-5","state":"permanent","symbol":"BTCUSDT","stream":"btcusdt@trade",)"
        R"("stream_type":"trade","first_id":3,"last_id":5,"count":3,"cause":"ids skipped while connected",)"
        R"("reason":"no repair is configured"})");
  CHECK(node.metric("gaps_found_trade_total") == 1);
  CHECK(node.metric("gaps_permanent_trade_total") == 1);
  CHECK(node.metric("missing_ids_total") == 3);
  CHECK(node.metric("permanent_ids_total") == 3);
  CHECK(node.metric("open_gaps") == 0);
  CHECK(node.metric("open_since_seconds") == 0);
  const auto gap =
      std::find_if(node.emitted().begin(), node.emitted().end(), [](const auto& each) { return each.port == 2; });
  REQUIRE(gap != node.emitted().end());
  CHECK(gap->records[0].text("symbol") == "BTCUSDT");
  CHECK(gap->records[0].text("stream") == "btcusdt@trade");
  CHECK(gap->records[0].text("stream_type") == "trade");
  node.deliver_all();
  node.finish();
}

TEST_CASE("an event that comes late is emitted and closes its gap; one that comes again is not") {
  Exchange exchange = sending({trade(1) + trade(4) + trade(3) + trade(3) + trade(2) + trade(4) + trade(1) + trade(5)});
  Harness node(binance_ws(), options_for(exchange.url()), running());
  node.begin();
  REQUIRE(poll_gaps(node, 3));
  REQUIRE(poll_records(node, 5));
  CHECK(node.payloads("out") ==
        std::vector<std::string>{trade_data(1), trade_data(4), trade_data(3), trade_data(2), trade_data(5)});
  CHECK(node.metric("repeats_total") == 3);
  CHECK(node.metric("gaps_found_trade_total") == 1);
  CHECK(node.metric("gaps_repaired_trade_total") == 1);
  CHECK(node.metric("repaired_ids_total") == 2);
  std::set<std::string> times;
  for (const std::string& each : node.payloads("gaps")) times.insert(each.substr(each.find("\"at\":"), 33));
  CHECK(times.size() == node.payloads("gaps").size());
  CHECK(node.metric("open_gaps") == 0);
  node.deliver_all();
  node.finish();
}

TEST_CASE("what the exchange sent while there was no connection is missing for the cause of the loss") {
  Exchange exchange =
      sending({trades(1, 3) + quote(70) + aggregate(1, 5, 6), trade(9) + quote(95) + aggregate(2, 7, 7)});
  Values options = options_for(exchange.url());
  for (auto& field : options) {
    if (field.key == "streams") field = {"streams", "[trade, aggTrade, bookTicker]"};
  }
  Harness node(binance_ws(), options, running());
  node.begin();
  REQUIRE(poll_records(node, 7));
  REQUIRE(poll_gaps(node, 3));
  const std::string cause = R"("cause":"closed: the exchange closed the connection with code 1001 'going away'")";
  CHECK(without_times(node.payloads("gaps")[0]) ==
        R"({"gap":"btcusdt@trade/3-8","state":"found","symbol":"BTCUSDT","stream":"btcusdt@trade",)"
        R"("stream_type":"trade","first_id":3,"last_id":8,"count":6,)" +
            cause + "}");
  const std::string quotes =
      R"("symbol":"BTCUSDT","stream":"btcusdt@bookTicker","stream_type":"bookTicker","first_id":70,"last_id":95,)";
  CHECK(without_times(node.payloads("gaps")[1]) ==
        R"({"gap":"btcusdt@bookTicker/70-95","state":"found",)" + quotes + cause + "}");
  CHECK(without_times(node.payloads("gaps")[2]) == R"({"gap":"btcusdt@bookTicker/70-95","state":"permanent",)" +
                                                       quotes + cause +
                                                       R"(,"reason":"the exchange keeps no history of quotes"})");
  CHECK(node.metric("gaps_found_agg_trade_total") == 0);
  CHECK(node.metric("gaps_permanent_book_ticker_total") == 1);
  CHECK(node.metric("gaps_total") == 1);
  node.deliver_all();
  node.finish();
}

TEST_CASE("credit counts what leaves by `gaps`, and every id is accounted for whatever the credit") {
  std::string frames;
  for (int64_t id = 1; id <= 600; id += 3) frames += trades(id, id + 2);
  Exchange exchange = sending({frames});
  const uint64_t credit = GENERATE(1u, 2u, 7u, 1000u);
  Harness node(binance_ws(), options_for(exchange.url()), running());
  node.begin();
  size_t before = 0;
  const auto emitted = [&] { return node.payloads("out").size() + node.payloads("gaps").size(); };
  for (bool is_late = false; emitted() < 400 + 199 + 199;) {
    REQUIRE(node.poll(credit, 10ms).ok());
    REQUIRE(emitted() - before <= credit);
    before = emitted();
    if (node.payloads("out").size() < 400 || is_late) continue;
    is_late = true;
    REQUIRE(node.advance(2s).ok());
  }
  CHECK(node.metric("gaps_found_trade_total") == 199);
  CHECK(node.metric("gaps_permanent_trade_total") == 199);
  CHECK(node.metric("missing_ids_total") == 199);
  CHECK(node.metric("permanent_ids_total") == 199);
  node.deliver_all();
  node.finish();
}

TEST_CASE("gaps are counted and logged where the port has no edge") {
  Exchange exchange = sending({trade(1) + trade(3)});
  Harness node(binance_ws(), options_for(exchange.url()), without_gaps());
  node.begin();
  REQUIRE(poll_records(node, 2));
  CHECK(node.metric("gaps_found_trade_total") == 1);
  node.stop();
  CHECK(node.metric("gaps_permanent_trade_total") == 1);
  CHECK(node.payloads("gaps").empty());
  node.deliver_all();
  node.finish();
}

TEST_CASE("ids that begin anew with new trades are followed") {
  const auto later = [](int64_t id) {
    return text_frame(combined("btcusdt@trade", R"({"e":"trade","E":1723161609000,"s":"BTCUSDT","t":)" +
                                                    std::to_string(id) + R"(,"p":"1.0","q":"1.0","T":1723161609000})"));
  };
  Exchange exchange = sending({trades(1000, 1002) + later(1) + later(2) + later(3)});
  Harness node(binance_ws(), options_for(exchange.url()), running());
  node.begin();
  REQUIRE(poll_records(node, 5));
  CHECK(node.metric("regressions_total") == 1);
  CHECK(node.metric("repeats_total") == 0);
  CHECK(node.payloads("gaps").empty());
  node.deliver_all();
  node.finish();
}
