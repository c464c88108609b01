// SPDX-License-Identifier: Apache-2.0
// Where the last run stopped, read out of the newest records of its stores.
#include "last_ids.hpp"

#include "catch.hpp"
#include "tail_part_kit.hpp"

using namespace sluice;
using namespace sluice::binance;

namespace {

const Stream btc_trade{"btcusdt@trade", "trade", "BTCUSDT", EventType::trade};
const Stream btc_agg{"btcusdt@aggTrade", "aggTrade", "BTCUSDT", EventType::agg_trade};
const Stream btc_quote{"btcusdt@bookTicker", "bookTicker", "BTCUSDT", EventType::book_ticker};
const Stream eth_trade{"ethusdt@trade", "trade", "ETHUSDT", EventType::trade};
const Stream all_tickers{"!miniTicker@arr", "arr", "", EventType::other};

std::string trade(const std::string& symbol, int64_t id) {
  return R"({"e":"trade","E":1,"s":")" + symbol + R"(","t":)" + std::to_string(id) + R"(,"p":"1.0","m":true,"M":true})";
}
std::string aggregate(const std::string& symbol, int64_t id) {
  return R"({"e":"aggTrade","E":1,"s":")" + symbol + R"(","a":)" + std::to_string(id) + R"(,"p":"1.0","f":7,"l":9})";
}
std::string quote(const std::string& symbol, int64_t id) {
  return R"({"u":)" + std::to_string(id) + R"(,"s":")" + symbol + R"(","b":"1","B":"2","a":"3","A":"4","stamp":"x"})";
}

class Learned {
 public:
  explicit Learned(std::vector<const Stream*> streams) : ids(streams) {}

  TailWants give(const std::string& store, const std::string& partition, const std::vector<std::string>& payloads) {
    return test::give(ids, store, partition, payloads);
  }
  void end(const std::string& store, uint32_t how) { test::end(ids, store, how); }
  std::optional<int64_t> id(const Stream& stream) const {
    const LastIds::Found found = ids.find(stream);
    return found.what == LastIds::What::known ? std::optional(found.id) : std::nullopt;
  }
  LastIds::What what(const Stream& stream) const { return ids.find(stream).what; }

  LastIds ids;
};

}  // namespace

TEST_CASE("the newest id of each stream is read out of payloads of each kind") {
  Learned learned({&btc_trade, &btc_agg, &btc_quote, &eth_trade});
  learned.give("log", "0", {trade("BTCUSDT", 12), aggregate("BTCUSDT", 5), quote("BTCUSDT", 100), trade("ETHUSDT", 3)});
  CHECK(learned.id(btc_trade) == 12);
  CHECK(learned.id(btc_agg) == 5);
  CHECK(learned.id(btc_quote) == 100);
  CHECK(learned.id(eth_trade) == 3);
}

TEST_CASE("what was stored late, as a repair, is not where the run stopped") {
  Learned learned({&btc_trade});
  learned.give("log", "0", {trade("BTCUSDT", 7), trade("BTCUSDT", 12), trade("BTCUSDT", 11)});
  learned.give("log", "0", {trade("BTCUSDT", 10)});
  CHECK(learned.id(btc_trade) == 12);
}

TEST_CASE("of two stores that have a stream, the one that is behind counts") {
  Learned learned({&btc_trade, &btc_agg});
  learned.give("log", "0", {trade("BTCUSDT", 12)});
  learned.give("table", "0", {trade("BTCUSDT", 10), aggregate("BTCUSDT", 4)});
  CHECK(learned.id(btc_trade) == 10);
  CHECK(learned.id(btc_agg) == 4);
}

TEST_CASE("a partition is read until the store's ids of all streams are known") {
  Learned learned({&btc_trade, &btc_agg, &eth_trade});
  CHECK(learned.give("log", "0", {trade("BTCUSDT", 12)}) == TailWants::more);
  CHECK(learned.give("log", "0", {aggregate("BTCUSDT", 5)}) == TailWants::more);
  CHECK(learned.give("log", "1", {trade("ETHUSDT", 5)}) == TailWants::enough_of_partition);
  CHECK(learned.give("log", "0", {aggregate("BTCUSDT", 4)}) == TailWants::enough_of_partition);
  CHECK(learned.give("table", "0", {trade("BTCUSDT", 12)}) == TailWants::more);
}

TEST_CASE("a stream is found far behind a busier one of the same partition") {
  Learned learned({&btc_trade, &eth_trade});
  for (int i = 0; i < 40; ++i) {
    CHECK(learned.give("log", "0", std::vector<std::string>(1'000, trade("BTCUSDT", 90'000))) == TailWants::more);
  }
  CHECK(learned.give("log", "0", {trade("ETHUSDT", 3)}) == TailWants::enough_of_partition);
  learned.end("log", SLUICE_TAIL_ANSWERED);
  CHECK(learned.id(eth_trade) == 3);
}

TEST_CASE("types that a store does not have are looked for no longer than it takes to know that") {
  Learned learned({&btc_trade, &btc_quote});
  CHECK(learned.give("log", "0", {trade("BTCUSDT", 9000)}) == TailWants::more);
  CHECK(learned.give("log", "0", std::vector<std::string>(4094, trade("BTCUSDT", 1))) == TailWants::more);
  CHECK(learned.give("log", "0", {trade("BTCUSDT", 1)}) == TailWants::enough_of_partition);
}

TEST_CASE("a stream was never stored only where all stores have answered and some have records") {
  Learned empty({&btc_trade, &eth_trade});
  empty.end("log", SLUICE_TAIL_ANSWERED);
  CHECK(empty.what(btc_trade) == LastIds::What::unknown);

  Learned answered({&btc_trade, &eth_trade});
  answered.give("log", "0", {trade("BTCUSDT", 1)});
  answered.end("log", SLUICE_TAIL_ANSWERED);
  CHECK(answered.what(btc_trade) == LastIds::What::known);
  CHECK(answered.what(eth_trade) == LastIds::What::never);

  Learned partly({&btc_trade, &eth_trade});
  partly.give("log", "0", {trade("BTCUSDT", 1)});
  partly.end("log", SLUICE_TAIL_ANSWERED);
  partly.end("other", SLUICE_TAIL_UNKNOWN);
  CHECK(partly.what(btc_trade) == LastIds::What::known);
  CHECK(partly.what(eth_trade) == LastIds::What::unknown);
}

TEST_CASE("records that are none of these streams' say nothing") {
  Learned learned({&btc_trade, &btc_quote});
  learned.give("log", "0",
               {"", "no JSON", "[1]", R"({"e":"trade","s":"XRPUSDT","t":1})", R"({"e":"trade","s":"BTCUSDT","t":"1"})",
                R"({"e":"kline","s":"BTCUSDT","t":1,"u":2})", R"({"s":"BTCUSDT","t":5})"});
  learned.end("log", SLUICE_TAIL_ANSWERED);
  CHECK(learned.what(btc_trade) == LastIds::What::unknown);
}

TEST_CASE("a source whose streams have no ids asks for nothing") {
  CHECK(LastIds({&all_tickers}).query().records == 0);
  const LastIds ids({&btc_trade, &all_tickers});
  const TailQuery query = ids.query();
  CHECK(query.records > 0);
  CHECK(to_view(query.key_fields[0]) == "s");
  CHECK(query.order_fields.size() == 3);
}
