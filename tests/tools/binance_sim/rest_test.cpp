// SPDX-License-Identifier: Apache-2.0
// REST without a socket: history, weights, parameters, rows, errors.
#include "rest.hpp"

#include <simdjson.h>

#include "capture.hpp"
#include "catch.hpp"
#include "market.hpp"

using namespace sluice::sim;
using namespace std::chrono_literals;

namespace {

Now at(std::chrono::nanoseconds since) { return {Time{} + 1h + since, 1'700'000'000'000}; }

Event trade(std::int64_t id, std::int64_t ms = 1'700'000'000'000) {
  Event event;
  event.kind = EventKind::trade;
  event.id = id;
  event.price = 400'000'100;
  event.quantity = 1'200'000'000;
  event.trade_time_ms = ms;
  event.trade_time_us = 7;
  event.buyer_is_maker = true;
  return event;
}

Event aggregate(std::int64_t id, std::int64_t ms) {
  Event event = trade(id, ms);
  event.kind = EventKind::aggregate;
  event.stream = 1;
  event.first_trade_id = 10 * id;
  event.last_trade_id = 10 * id + 9;
  return event;
}

struct Simulated {
  StreamTable streams = Market::streams();
  Truth truth{streams, 1, false};
  History history;
  Rest rest;
  explicit Simulated(std::size_t most_rows = 0, const WeightRules& weights = {})
      : history(streams, most_rows), rest(history, truth, {weights, {}, false, {}}) {}
  RestReply get(const std::string& target, const std::string& unit = "", const std::string& address = "a",
                Now now = at(0s)) {
    return rest.answer({"GET", "/api/v3/" + target, unit, address}, now);
  }
  std::string ids(const std::string& target) {
    const std::string body = get(target).body;
    std::string found;
    for (std::size_t i = 0; (i = body.find_first_of('{', i)) != std::string::npos;) {
      const std::size_t from = body.find(':', i) + 1;
      i = body.find(',', from);
      found += (found.empty() ? "" : " ") + body.substr(from, i - from);
    }
    return found;
  }
};

}  // namespace

TEST_CASE("REST rows have the exchange's shape, in milliseconds or microseconds") {
  Simulated sim;
  sim.history.add(trade(28457), Time{});
  sim.history.add(aggregate(26129, 1'700'000'000'000), Time{});
  CHECK(sim.get("historicalTrades?symbol=BTCUSDT").body ==
        R"([{"id":28457,"price":"4.00000100","qty":"12.00000000","quoteQty":"48.00001200","time":1700000000000,)"
        R"("isBuyerMaker":true,"isBestMatch":true}])");
  CHECK(sim.get("aggTrades?symbol=BTCUSDT", "MICROSECOND").body ==
        R"([{"a":26129,"p":"4.00000100","q":"12.00000000","f":261290,"l":261299,"T":1700000000000007,"m":true,)"
        R"("M":true}])");
  CHECK(sim.get("time", "MICROSECOND").body == R"({"serverTime":1700000000000000})");
  CHECK(sim.get("time", "SECOND").body ==
        R"({"code":-1194,"msg":"Invalid value for time unit; expected either MICROSECOND or MILLISECOND."})");
}

TEST_CASE("fromId is included; without it the newest come; what is forgotten or not there yet is not served") {
  Simulated sim(5);
  for (const std::int64_t id : {1, 2, 3, 5, 6, 7}) sim.history.add(trade(id), Time{});
  CHECK(sim.ids("historicalTrades?symbol=BTCUSDT&fromId=5&limit=2") == "5 6");
  CHECK(sim.ids("historicalTrades?symbol=BTCUSDT&limit=2") == "6 7");
  CHECK(sim.ids("historicalTrades?symbol=BTCUSDT&fromId=4") == "5 6 7");      // 4 was never there
  CHECK(sim.ids("historicalTrades?symbol=BTCUSDT&fromId=1") == "2 3 5 6 7");  // 1 is forgotten
  CHECK(sim.get("historicalTrades?symbol=BTCUSDT&fromId=8").body == "[]");
  CHECK(sim.get("historicalTrades?symbol=ETHUSDT").body == "[]");
}

TEST_CASE("The history keeps the order of ids, whatever order they came in, and no id twice") {
  Simulated sim;
  for (const std::int64_t id : {5, 3, 4, 4, 5, 9, 1}) sim.history.add(trade(id), Time{});
  CHECK(sim.ids("historicalTrades?symbol=BTCUSDT") == "1 3 4 5 9");
}

TEST_CASE("A limit above 1000 is 1000, the usual one is 500") {
  Simulated sim;
  for (std::int64_t id = 1; id <= 2000; ++id) sim.history.add(trade(id), Time{});
  CHECK(sim.get("historicalTrades?symbol=BTCUSDT&fromId=1").rows == 500);
  CHECK(sim.get("historicalTrades?symbol=BTCUSDT&fromId=1&limit=1000").rows == 1000);
  CHECK(sim.get("historicalTrades?symbol=BTCUSDT&fromId=1&limit=5000").rows == 1000);
}

TEST_CASE("aggTrades by time: both ends included, oldest first from startTime, newest up to endTime") {
  Simulated sim;
  for (std::int64_t id = 1; id <= 6; ++id) sim.history.add(aggregate(id, 1'700'000'000'000 + id), Time{});
  const std::string ask = "aggTrades?symbol=BTCUSDT&";
  CHECK(sim.ids(ask + "startTime=1700000000002&endTime=1700000000004") == "2 3 4");
  CHECK(sim.ids(ask + "startTime=1700000000003&limit=2") == "3 4");
  CHECK(sim.ids(ask + "endTime=1700000000004&limit=2") == "3 4");
  CHECK(sim.ids(ask + "startTime=1700000000002007&endTime=1700000000003007") == "2 3");
  CHECK(sim.ids(ask + "startTime=1700000000004&endTime=1700000000002") == "");
  CHECK(sim.ids(ask + "fromId=5") == "5 6");
  CHECK(sim.get(ask + "fromId=5&startTime=1").body ==
        R"({"code":-1128,"msg":"Combination of optional parameters invalid."})");
}

TEST_CASE("What is wrong with a request has the exchange's code") {
  Simulated sim;
  const auto code = [&](const std::string& target) {
    const RestReply reply = sim.get(target);
    INFO(target << ": " << reply.body);
    CHECK(reply.status == 400);
    CHECK(reply.rows == 0);
    return reply.body.substr(0, reply.body.find(','));
  };
  CHECK(code("historicalTrades") == R"({"code":-1102)");
  CHECK(code("historicalTrades?symbol=") == R"({"code":-1102)");
  CHECK(code("historicalTrades?symbol=DOGEUSDT") == R"({"code":-1121)");
  CHECK(code("historicalTrades?symbol=btcusdt") == R"({"code":-1100)");
  CHECK(code("historicalTrades?symbol=BTCUSDT&limit=many") == R"({"code":-1100)");
  CHECK(code("historicalTrades?symbol=BTCUSDT&limit=-1") == R"({"code":-1100)");
  CHECK(code("historicalTrades?symbol=BTCUSDT&limit=0") == R"({"code":-1130)");
  CHECK(code("historicalTrades?symbol=BTCUSDT&fromId=") == R"({"code":-1105)");
  CHECK(code("historicalTrades?symbol=BTCUSDT&fromId=99999999999999999999") == R"({"code":-1108)");
  CHECK(code("historicalTrades?symbol=BTCUSDT&fromId=1&fromId=2") == R"({"code":-1101)");
  CHECK(code("historicalTrades?symbol=BTCUSDT&startTime=1") == R"({"code":-1104)");
  CHECK(code("historicalTrades?symbol=%4") == R"({"code":-1100)");
  CHECK(code("time?now=1") == R"({"code":-1104)");
  CHECK(sim.get("trades?symbol=BTCUSDT").status == 404);
  CHECK(sim.rest.answer({"POST", "/api/v3/time", "", "a"}, at(0s)).status == 405);
}

TEST_CASE("Weights add up for each address; above the limit 429 until the window ends, insisting is a ban") {
  Simulated sim(0, {60, 60s, 2, 120s});
  CHECK(sim.get("historicalTrades?symbol=BTCUSDT").used_weight == 25);
  CHECK(sim.get("aggTrades?symbol=BTCUSDT").used_weight == 29);
  CHECK(sim.get("historicalTrades?symbol=NONE").used_weight == 54);
  CHECK(sim.get("time").used_weight == 55);
  CHECK(sim.get("historicalTrades?symbol=BTCUSDT", "", "b").used_weight == 25);
  const RestReply refused = sim.get("historicalTrades?symbol=BTCUSDT", "", "a", at(20s));
  CHECK(refused.status == 429);
  CHECK(refused.retry_after == Time::duration(40s));
  CHECK(refused.body.find(R"({"code":-1003,"msg":"Too much request weight used; current limit is 60 )") == 0);
  CHECK(sim.get("time", "", "b", at(20s)).status == 200);
  CHECK(sim.get("time", "", "a", at(60s)).used_weight == 1);  // a new window

  for (int i = 0; i < 2; ++i) sim.get("historicalTrades?symbol=BTCUSDT", "", "a", at(61s));
  CHECK(sim.get("historicalTrades?symbol=BTCUSDT", "", "a", at(61s)).status == 429);
  CHECK(sim.get("time", "", "a", at(61s)).status == 429);
  const RestReply banned = sim.get("time", "", "a", at(62s));
  CHECK(banned.status == 418);
  CHECK(banned.retry_after == Time::duration(120s));
  CHECK(banned.body.find(R"({"code":-1003,"msg":"Way too much request weight used; IP banned until 1700000120000.)") ==
        0);
  CHECK(sim.get("time", "", "a", at(181s)).retry_after == Time::duration(1s));
  CHECK(sim.get("time", "", "a", at(182s)).used_weight == 1);
}

TEST_CASE("exchangeInfo has the symbols, all or those asked for, and the weight limit") {
  Simulated sim(0, {1234, 60s, 2, 120s});
  const auto info = [&](const std::string& query) {
    const RestReply reply = sim.get("exchangeInfo" + query);
    simdjson::dom::parser parser;
    simdjson::dom::element root = parser.parse(reply.body);
    std::string found;
    simdjson::dom::array symbols;
    if (root["symbols"].get(symbols) != simdjson::SUCCESS) return reply.body.substr(0, reply.body.find(','));
    for (const simdjson::dom::element symbol : symbols)
      found += std::string(std::string_view(symbol["symbol"])) + " " +
               std::string(std::string_view(symbol["baseAsset"])) + " " +
               std::string(std::string_view(symbol["filters"].at(1)["stepSize"])) + "; ";
    CHECK(std::int64_t(root["rateLimits"].at(0)["limit"]) == 1234);
    CHECK(std::int64_t(root["serverTime"]) == 1'700'000'000'000);
    return found;
  };
  CHECK(info("") == "BTCUSDT BTC 0.00001000; ETHUSDT ETH 0.00010000; BNBUSDT BNB 0.00100000; ");
  CHECK(info("?symbol=ETHUSDT") == "ETHUSDT ETH 0.00010000; ");
  CHECK(info("?symbols=%5B%22BNBUSDT%22,%22BTCUSDT%22%5D") == "BNBUSDT BNB 0.00100000; BTCUSDT BTC 0.00001000; ");
  CHECK(info("?symbols=%5B%22BNBUSDT%22,1%5D") == R"({"code":-1100)");
  CHECK(info("?symbol=DOGEUSDT") == R"({"code":-1121)");
  CHECK(info("?symbol=BTCUSDT&symbols=%5B%5D") == R"({"code":-1128)");
}

TEST_CASE("A reply as text: length, weight, and Retry-After in whole seconds, at least one") {
  RestReply reply;
  reply.status = 429;
  reply.body = "{}";
  reply.used_weight = 6025;
  reply.retry_after = 1200ms;
  CHECK(render_reply(reply, true) ==
        "HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json;charset=UTF-8\r\n"
        "Connection: keep-alive\r\nContent-Length: 2\r\nX-MBX-USED-WEIGHT: 6025\r\nX-MBX-USED-WEIGHT-1M: "
        "6025\r\nRetry-After: 2\r\n\r\n{}");
  reply.chunked = true;
  reply.body = std::string(1016, 'x');
  const std::string text = render_reply(reply, false);
  CHECK(text.find("Content-Length") == std::string::npos);
  CHECK(text.substr(text.find("\r\n\r\n") + 4) ==
        "3e8\r\n" + std::string(1000, 'x') + "\r\n10\r\n" + std::string(16, 'x') + "\r\n0\r\n\r\n");
}

TEST_CASE("A captured trade keeps its time, in either unit, and its side") {
  Capture capture;
  capture.add_text(
      R"(1 {"stream":"x@trade","data":{"e":"trade","s":"X","t":1,"p":"1","q":"1","T":1723161601437,"m":true}})"
      "\n"
      R"(2 {"stream":"x@trade","data":{"e":"trade","s":"X","t":2,"p":"1","q":"1","T":1723161601437123,"m":false}})"
      "\n");
  capture.finish();
  History history(capture.streams(), 0);
  for (const CapturedFrame& frame : capture.frames()) history.add(frame.event, Time{});
  const HistoryRows& rows = *history.rows("X", EventKind::trade);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].time_us == 1723161601437000);
  CHECK(rows[0].buyer_is_maker);
  CHECK(rows[1].time_us == 1723161601437123);
  CHECK_FALSE(rows[1].buyer_is_maker);
}
