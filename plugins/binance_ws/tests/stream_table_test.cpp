// SPDX-License-Identifier: Apache-2.0
#include "stream_table.hpp"

#include <deque>
#include <string>

#include "catch.hpp"

using namespace sluice::binance;

TEST_CASE("every stream is found by its exact name and no other is") {
  std::deque<std::string> names;
  StreamTable table;
  CHECK(table.find("btcusdt@trade") == nullptr);
  for (int i = 0; i < 1024; ++i) {
    names.push_back("s" + std::to_string(i) + (i % 2 == 0 ? "usdt@trade" : "@x"));
    table.add({names.back(), "t", "S", EventType::trade});
    table.add({names.back(), "again", "S", EventType::trade});
  }
  CHECK(table.size() == 1024);
  for (const std::string& name : names) {
    const std::string copy = name;
    REQUIRE(table.find(copy) != nullptr);
    CHECK(table.find(copy)->name.data() == name.data());
    CHECK(table.find(copy)->type == "t");
    CHECK(table.find(copy + "x") == nullptr);
  }
  CHECK(table.find("") == nullptr);
  CHECK(table.find("S0usdt@trade") == nullptr);
}

TEST_CASE("a name that differs in case only is found for sentences") {
  StreamTable table;
  CHECK(table.find_but_for_case("btcusdt@aggtrade") == nullptr);
  table.add({"btcusdt@aggTrade", "aggTrade", "BTCUSDT", EventType::agg_trade});
  REQUIRE(table.find_but_for_case("BTCUSDT@aggtrade") != nullptr);
  CHECK(table.find_but_for_case("BTCUSDT@aggtrade")->name == "btcusdt@aggTrade");
  CHECK(table.find_but_for_case("btcusdt@aggTrades") == nullptr);
  CHECK(table.find_but_for_case("") == nullptr);
}

TEST_CASE("only the three known types have ids") {
  CHECK(event_type("trade") == EventType::trade);
  CHECK(event_type("aggTrade") == EventType::agg_trade);
  CHECK(event_type("bookTicker") == EventType::book_ticker);
  CHECK(event_type("!bookTicker") == EventType::book_ticker);
  CHECK(event_type("blockTrade") == EventType::other);
  CHECK(event_type("Trade") == EventType::other);
}
