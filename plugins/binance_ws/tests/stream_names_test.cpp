// SPDX-License-Identifier: Apache-2.0
#include "stream_names.hpp"

#include "catch.hpp"

using namespace sluice::binance;

namespace {

std::vector<std::string> names(const std::vector<std::string>& symbols, const std::vector<std::string>& streams) {
  std::vector<std::string> all;
  for (const StreamName& each : make_stream_names(symbols, streams)) {
    all.push_back(each.name + " " + each.type + " " + each.symbol);
  }
  return all;
}

std::string better(const std::string& stream) {
  const Spelling spelling = known_spelling(stream);
  return (spelling.only_by_case ? "case " : "") + spelling.better;
}

}  // namespace

TEST_CASE("a symbol is folded and what follows it is not: minutes stay minutes and months months") {
  CHECK(names({"BTCUSDT"}, {"kline_1m", "kline_1M", "aggTrade"}) ==
        std::vector<std::string>{"btcusdt@kline_1m kline_1m BTCUSDT", "btcusdt@kline_1M kline_1M BTCUSDT",
                                 "btcusdt@aggTrade aggTrade BTCUSDT"});
}

TEST_CASE("a stream of all symbols is kept as it was written, whichever way, and is of no symbol") {
  const std::vector<std::string> once = {"!miniTicker@arr arr "};
  CHECK(names({}, {"!miniTicker@arr"}) == once);
  CHECK(names({"!miniTicker"}, {"arr"}) == once);
  CHECK(names({"!miniTicker"}, {"arr", "!miniTicker@arr"}) == once);
  CHECK(names({"BTCUSDT"}, {"trade", "!bookTicker"}) ==
        std::vector<std::string>{"btcusdt@trade trade BTCUSDT", "!bookTicker !bookTicker "});
  CHECK(spelled_symbol("!miniTicker") == "!miniTicker");
  CHECK(spelled_symbol("btcUSDT") == "BTCUSDT");
}

TEST_CASE("names that the exchange has are left alone, and those that it may have one day") {
  const std::string name = GENERATE(
      "trade", "aggTrade", "bookTicker", "blockTrade", "miniTicker", "ticker", "ticker_4h", "avgPrice", "depth",
      "depth@100ms", "depth5", "depth20@100ms", "depth10@1000ms", "kline_1m", "kline_1M", "kline_12h", "kline_1s",
      "kline_1d@+08:00", "!miniTicker@arr", "!ticker@arr", "!ticker_1h@arr", "!bookTicker", "!markPrice@arr@1s",
      "markPrice@1s", "continuousKline_1M", "forceOrder", "somethingNew", "somethingNew@100ms", "!somethingNew@arr");
  INFO(name);
  CHECK(better(name).empty());
}

TEST_CASE("a name that differs in case only is known by what was meant") {
  CHECK(better("aggtrade") == "case aggTrade");
  CHECK(better("AGGTRADE") == "case aggTrade");
  CHECK(better("Trade") == "case trade");
  CHECK(better("bookticker") == "case bookTicker");
  CHECK(better("miniticker") == "case miniTicker");
  CHECK(better("Depth20@100ms") == "case depth20@100ms");
  CHECK(better("depth@100MS") == "case depth@100ms");
  CHECK(better("KLINE_1m") == "case kline_1m");
  CHECK(better("KLINE_1M") == "case kline_1M");
  CHECK(better("kline_1H") == "case kline_1h");
  CHECK(better("kline_15M") == "case kline_15m");
  CHECK(better("Kline_1D@+08:00") == "case kline_1d@+08:00");
  CHECK(better("!miniticker@arr") == "case !miniTicker@arr");
  CHECK(better("!MINITICKER@ARR") == "case !miniTicker@arr");
  CHECK(better("!bookticker") == "case !bookTicker");
}

TEST_CASE("a letter too many, too few or wrong is known by what was probably meant") {
  CHECK(better("trades") == "trade");
  CHECK(better("aggTrad") == "aggTrade");
  CHECK(better("bookTickar") == "bookTicker");
  CHECK(better("agtrade") == "aggTrade");
  CHECK(better("!miniTicker") == "!miniTicker@arr");
  CHECK(better("!ticker@ar") == "!ticker@arr");
}
