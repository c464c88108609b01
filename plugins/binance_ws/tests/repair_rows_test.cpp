// SPDX-License-Identifier: Apache-2.0
#include "repair_rows.hpp"

#include <random>

#include "catch.hpp"
#include "decode.hpp"

using namespace sluice::binance;

namespace {

const std::string trade_row =
    R"({"id":3735693016,"price":"61685.99000000","qty":"0.00017000","quoteQty":"10.48661830","time":1723161601437,)"
    R"("isBuyerMaker":true,"isBestMatch":true})";
const std::string agg_row =
    R"({"a":665076760,"p":"58001.03000000","q":"0.08620500","f":745522877,"l":745522879,"T":1617566591314,"m":false,)"
    R"("M":true})";

RowsAsked trades_asked(int64_t first, int64_t last) { return {EventType::trade, "BTCUSDT", false, first, last, {}}; }
RowsAsked aggs_asked(int64_t first, int64_t last, std::optional<int64_t> chain = {}) {
  return {EventType::agg_trade, "BTCUSDT", false, first, last, chain};
}

RestPage page_of(std::string body, const RowsAsked& asked) {
  const std::string before = body;
  RestPage page = read_rows(body, asked);
  REQUIRE(body == before);
  return page;
}

std::string row(int64_t id) {
  return R"({"id":)" + std::to_string(id) +
         R"(,"price":"1.0","qty":"2.0","quoteQty":"2.0","time":1723161601437,"isBuyerMaker":false,"isBestMatch":true})";
}
std::string agg(int64_t id, int64_t first, int64_t last) {
  return R"({"a":)" + std::to_string(id) + R"(,"p":"1.0","q":"2.0","f":)" + std::to_string(first) + R"(,"l":)" +
         std::to_string(last) + R"(,"T":1617566591314,"m":false,"M":true})";
}
std::string list(const std::vector<std::string>& rows) {
  std::string text = "[";
  for (const std::string& each : rows) text += (text.size() > 1 ? "," : "") + each;
  return text + "]";
}
std::string rows_from(int64_t first, int64_t count) {
  std::vector<std::string> rows;
  for (int64_t id = first; id < first + count; ++id) rows.push_back(row(id));
  return list(rows);
}

std::vector<int64_t> ids_of(const RestPage& page) {
  std::vector<int64_t> ids;
  for (const RestRow& each : page.rows) ids.push_back(each.id);
  return ids;
}

}  // namespace

TEST_CASE("rows become what the websocket sends, without E") {
  const RestPage trades = page_of("[" + trade_row + "]", trades_asked(3735693016, 3735693016));
  CHECK(trades.why.empty());
  CHECK(trades.text ==
        R"({"e":"trade","s":"BTCUSDT","t":3735693016,"p":"61685.99000000","q":"0.00017000","T":1723161601437,)"
        R"("m":true,"M":true})");
  REQUIRE(trades.rows.size() == 1);
  CHECK(trades.rows[0].id == 3735693016);
  CHECK(trades.rows[0].trade_time_ns == 1723161601437'000'000);
  CHECK(trades.rows[0].size == trades.text.size());
  CHECK_FALSE(trades.chain);

  const RestPage aggs = page_of("[" + agg_row + "]", aggs_asked(665076760, 665076760));
  CHECK(aggs.text ==
        R"({"e":"aggTrade","s":"BTCUSDT","a":665076760,"p":"58001.03000000","q":"0.08620500","f":745522877,)"
        R"("l":745522879,"T":1617566591314,"m":false,"M":true})");
  CHECK(aggs.chain == 745522879);
}

TEST_CASE("what a repaired payload says is what the decoder of the websocket reads", "[property]") {
  StreamTable streams;
  streams.add({"btcusdt@trade", "trade", "BTCUSDT", EventType::trade});
  Decoder decoder(streams);
  const RestPage page = page_of(rows_from(100, 50), trades_asked(100, 149));
  std::string_view rest = page.text;
  for (const RestRow& each : page.rows) {
    std::string frame = R"({"stream":"btcusdt@trade","data":)" + std::string(rest.substr(0, each.size)) + "}";
    const size_t size = frame.size();
    frame.append(64, ' ');
    Event event;
    REQUIRE(decoder.decode(std::string_view(frame).substr(0, size), event) == FrameKind::event);
    REQUIRE(event.id == each.id);
    REQUIRE(event.symbol == "BTCUSDT");
    REQUIRE(event.has_trade_time);
    REQUIRE(event.trade_time_ns == each.trade_time_ns);
    REQUIRE_FALSE(event.has_event_time);
    rest.remove_prefix(each.size);
  }
  CHECK(rest.empty());
  CHECK(page.rows.size() == 50);
}

TEST_CASE("the order of keys, blanks and unknown keys do not matter, and values keep their bytes") {
  const RestPage page = page_of(
      " [ { \"isBestMatch\" : false , \"x\" : [1,{\"id\":9}], \"time\" : 1723161601437 ,\n\"qty\" : \"1e3\", \"id\" : "
      "7 "
      ", \"isBuyerMaker\":true, \"price\":\"0.10\\u0030\" } ] \n",
      trades_asked(7, 7));
  CHECK(page.why.empty());
  CHECK(page.text ==
        R"({"e":"trade","s":"BTCUSDT","t":7,"p":"0.10\u0030","q":"1e3","T":1723161601437,"m":true,"M":false})");
}

TEST_CASE("times have the unit that was asked for") {
  std::string in_us = trade_row;
  in_us.replace(in_us.find("1723161601437"), 13, "1723161601437123");
  RowsAsked asked = trades_asked(3735693016, 3735693016);
  CHECK(page_of("[" + in_us + "]", asked).why.find("not a time in milliseconds") != std::string::npos);
  asked.microseconds = true;
  const RestPage page = page_of("[" + in_us + "]", asked);
  CHECK(page.why.empty());
  CHECK(page.text.find(R"("T":1723161601437123,)") != std::string::npos);
  REQUIRE(page.rows.size() == 1);
  CHECK(page.rows[0].trade_time_ns == 1723161601437'123'000);
  CHECK(page_of("[" + trade_row + "]", asked).why.find("microseconds, which the node requested") != std::string::npos);
}

TEST_CASE("rows count as far as their ids rise by one, and up to the last that was asked for") {
  CHECK(ids_of(page_of(rows_from(5, 4), trades_asked(5, 8))) == std::vector<int64_t>{5, 6, 7, 8});
  CHECK(ids_of(page_of(rows_from(5, 4), trades_asked(5, 6))) == std::vector<int64_t>{5, 6});
  CHECK(ids_of(page_of(list({row(5), row(6), row(9), row(10)}), trades_asked(5, 20))) == std::vector<int64_t>{5, 6});
  const RestPage later = page_of(rows_from(8, 3), trades_asked(5, 9));
  CHECK(later.first_id == 8);
  CHECK(ids_of(later) == std::vector<int64_t>{8, 9});
  const RestPage behind = page_of(rows_from(30, 3), trades_asked(5, 9));
  CHECK(behind.first_id == 30);
  CHECK(behind.rows.empty());
  const RestPage none = page_of("[]", trades_asked(5, 9));
  CHECK(none.why.empty());
  CHECK_FALSE(none.first_id);
  const int64_t most = std::numeric_limits<int64_t>::max();
  CHECK(ids_of(page_of(list({row(most - 1), row(most)}), trades_asked(most - 1, most))) ==
        std::vector<int64_t>{most - 1, most});
}

TEST_CASE("an aggTrade that does not begin where the one before it ends is not taken") {
  const std::string good = list({agg(1, 10, 12), agg(2, 13, 13), agg(3, 14, 20)});
  CHECK(ids_of(page_of(good, aggs_asked(1, 3))) == std::vector<int64_t>{1, 2, 3});
  CHECK(ids_of(page_of(good, aggs_asked(1, 3, 9))) == std::vector<int64_t>{1, 2, 3});
  const RestPage cut = page_of(good, aggs_asked(1, 3, 8));
  CHECK(cut.why.empty());
  CHECK(cut.rows.empty());
  CHECK(cut.first_id == 1);
  CHECK(cut.defect ==
        "aggTrade 1 of the exchange combines the trades 10 to 12, and the aggTrade before it ends with trade 8");
  const RestPage hole = page_of(list({agg(1, 10, 12), agg(2, 14, 15), agg(3, 16, 16)}), aggs_asked(1, 3));
  CHECK(ids_of(hole) == std::vector<int64_t>{1});
  CHECK(hole.chain == 12);
  CHECK_FALSE(hole.defect.empty());
  CHECK_FALSE(page_of(list({agg(1, 10, 9)}), aggs_asked(1, 3)).defect.empty());
  // Of rows that begin later, nothing is known of the one before.
  CHECK(ids_of(page_of(list({agg(2, 13, 13)}), aggs_asked(1, 3, 9))) == std::vector<int64_t>{2});
}

TEST_CASE("what is not an answer to the request is refused as a whole, and says why") {
  const auto with = [](std::string text, const std::string& from, const std::string& to) {
    REQUIRE(text.find(from) != std::string::npos);
    return "[" + text.replace(text.find(from), from.size(), to) + "]";
  };
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "not a JSON array"},
      {"{}", "not a JSON array"},
      {"null", "not a JSON array"},
      {"<html>busy</html>", "not a JSON array"},
      {"[", "not a JSON array"},
      {"[1]", "a row is not a JSON object"},
      {"[[]]", "a row is not a JSON object"},
      {"[null]", "a row is not a JSON object"},
      {"[{}]", "no 'id'"},
      {"[" + row(5) + "] x", "not a JSON"},
      {"[" + row(5) + "][]", "to its end"},
      {"[" + row(5), "not a JSON"},
      {"[" + row(5) + ",]", "not a JSON"},
      {"[" + row(5) + " " + row(6) + "]", "not a JSON"},
      {"[" + row(4) + "]", "begins with id 4 instead of the requested id 5"},
      {list({row(5), row(5)}), "id 5 follows 5"},
      {list({row(5), row(6), row(4)}), "id 4 follows 6"},
      {with(row(5), ":5,", ":\"5\","), "'id' that is not a 64-bit integer"},
      {with(row(5), ":5,", ":5.0,"), "'id' that is not a 64-bit integer"},
      {with(row(5), ":5,", ":9223372036854775808,"), "'id' that is not a 64-bit integer"},
      {with(row(5), ":5,", ":5e99999,"), "'id' that is not a 64-bit integer"},
      {with(row(5), ":5,", ":{},"), "'id' that is not a 64-bit integer"},
      {with(row(5), ":5,", ":5,\"id\":6,"), "'id' twice"},
      {with(row(5), "\"1.0\"", "1.0"), "'price' that is not a text"},
      {with(row(5), "\"1.0\"", "\"\""), "'price' that is not a text"},
      {with(row(5), "\"1.0\"", "\"\\u12\""), "'price' that is not a text"},
      {with(row(5), "\"1.0\"", "[\"1.0\"]"), "'price' that is not a text"},
      {with(row(5), "\"price\":\"1.0\",", ""), "no 'price'"},
      {with(row(5), "1723161601437", "\"now\""), "'time' that is not a 64-bit integer"},
      {with(row(5), "1723161601437", "-1"), "'time' that is not a time in milliseconds"},
      {with(row(5), "1723161601437", "9223372036854775807"), "'time' that is not a time in milliseconds"},
      {with(row(5), "false", "0"), "'isBuyerMaker' that is not true or false"},
      {with(row(5), "false", "\"false\""), "'isBuyerMaker' that is not true or false"},
      {with(row(5), ",\"isBestMatch\":true", ""), "no 'isBestMatch'"},
      {with(row(5), "2.0", "\xff\xfe"), "not a JSON array"},
      {with(row(5), "2.0", std::string("\xed\xa0\x80")), "not a JSON array"},
  };
  for (const auto& [body, why] : cases) {
    INFO(body);
    const RestPage page = page_of(body, trades_asked(5, 9));
    CHECK(page.why.find(why) != std::string::npos);
    CHECK(page.rows.empty());
    CHECK(page.text.empty());
    CHECK_FALSE(page.first_id);
  }
  CHECK(page_of(std::string(5000, '['), trades_asked(5, 9)).why.find("not a JSON") != std::string::npos);
}

TEST_CASE("whatever bytes arrive, nothing but consecutive rows from the asked id on is taken", "[property]") {
  std::mt19937_64 random(1);
  const std::string good = rows_from(100, 8);
  for (int round = 0; round < 20'000; ++round) {
    std::string body = good;
    for (uint64_t i = random() % 4 + 1; i > 0; --i) {
      const size_t at = random() % body.size();
      switch (random() % 4) {
        case 0:
          body[at] = static_cast<char>(random());
          break;
        case 1:
          body.resize(at + 1);
          break;
        case 2:
          body.erase(at, random() % 20);
          if (body.empty()) body = "[";
          break;
        default:
          body.insert(at, good.substr(random() % good.size(), random() % 40));
      }
    }
    const RestPage page = page_of(body, trades_asked(100, 105));
    int64_t next = page.first_id.value_or(0);
    uint64_t size = 0;
    for (const RestRow& each : page.rows) {
      REQUIRE(each.id == next++);
      size += each.size;
    }
    REQUIRE(page.text.size() == size);
    if (!page.rows.empty()) {
      REQUIRE(page.rows.front().id >= 100);
      REQUIRE(page.rows.back().id <= 105);
      REQUIRE(page.why.empty());
    }
  }
}

TEST_CASE("an error of the exchange has a code and a text") {
  const auto error = read_rest_error(R"({"code":-1121,"msg":"Invalid symbol.\u001b[2J"})");
  REQUIRE(error);
  CHECK(error->code == -1121);
  CHECK(error->text == "Invalid symbol.\xEF\xBF\xBD[2J");
  CHECK(read_rest_error(R"({"msg":"m","code":-1})"));
  for (const char* other : {"", "[]", "{}", R"({"code":"x","msg":"m"})", R"({"code":1})", R"({"code":1,"msg":2})",
                            R"({"code":1,"msg":"m)", "<html>"}) {
    CHECK_FALSE(read_rest_error(other));
  }
  CHECK(read_rest_error(R"({"code":1,"msg":")" + std::string(5000, 'x') + R"("})")->text.size() < 400);
}

TEST_CASE("the server's time is an integer") {
  CHECK(is_server_time(R"({"serverTime":1499827319559})"));
  for (const char* other : {"", "{}", R"({"serverTime":"x"})", "1499827319559", "<html>"}) {
    CHECK_FALSE(is_server_time(other));
  }
}
