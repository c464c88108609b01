// SPDX-License-Identifier: Apache-2.0
#include "options.hpp"

#include "source_kit.hpp"

using namespace sluice::binance::test;
using sluice::testing::describe;
using sluice::testing::Described;

namespace {

Described described(const Values& options) {
  const auto made = describe(binance_ws(), options);
  REQUIRE(made.ok());
  return *made;
}

Values with(const std::string& key, const std::string& value) {
  Values values = {{"symbols", "[BTCUSDT]"}, {"streams", "[trade]"}};
  std::erase_if(values, [&](const auto& field) { return field.key == key; });
  values.push_back({key, value});
  return values;
}

}  // namespace

TEST_CASE("the least that a user writes is enough, and malformed must then lead somewhere") {
  const Described node = described({{"symbols", "BTCUSDT"}, {"streams", "trade"}});
  CHECK(node.problems.empty());
  CHECK(node.warnings.empty());
  CHECK(node.inputs.empty());
  REQUIRE(node.outputs.size() == 3);
  CHECK(node.outputs[0] == sluice::testing::Port{"out", false});
  CHECK(node.outputs[1] == sluice::testing::Port{"malformed", false});
  CHECK(node.outputs[2] == sluice::testing::Port{"gaps", true});
  CHECK(node.provides == std::map<std::string, uint32_t>{{"stream", SLUICE_VALUE_TEXT},
                                                         {"stream_type", SLUICE_VALUE_TEXT},
                                                         {"symbol", SLUICE_VALUE_TEXT},
                                                         {"id", SLUICE_VALUE_INTEGER},
                                                         {"event_time", SLUICE_VALUE_TIME},
                                                         {"trade_time", SLUICE_VALUE_TIME},
                                                         {"origin", SLUICE_VALUE_TEXT}});
  CHECK(node.fact(SLUICE_FACT_REPLAY) == SLUICE_REPLAY_NONE);
  CHECK(node.reasons.at(SLUICE_FACT_REPLAY) == "a websocket cannot replay");
  CHECK(node.fact(SLUICE_FACT_MEMORY_BYTES) == 13 << 20);
}

TEST_CASE("attributes that the payloads of a stream do not have may be absent") {
  using Absent = std::vector<std::string>;
  // Only what is repaired has an origin.
  CHECK(described(with("streams", "[trade, aggTrade]")).may_be_absent == Absent{"origin  "});
  CHECK(described(with("streams", "[trade, bookTicker]")).may_be_absent ==
        Absent{"origin  ", "event_time stream_type bookTicker", "trade_time stream_type bookTicker"});
  CHECK(described(with("streams", "[trade, depth]")).may_be_absent ==
        Absent{"origin  ", "id stream_type depth", "event_time stream_type depth", "trade_time stream_type depth"});
  // What is repaired has no `E`.
  CHECK(described(with("repair", "{ rest: https://api.binance.com }")).may_be_absent ==
        Absent{"origin  ", "event_time stream_type trade"});
  const Absent of_all = described({{"streams", "[!miniTicker@arr]"}}).may_be_absent;
  REQUIRE(of_all.size() == 5);
  CHECK(of_all[1] == "symbol stream_type arr");
}

TEST_CASE("with malformed: discard the port is optional") {
  CHECK(described(with("malformed", "discard")).outputs[1] == sluice::testing::Port{"malformed", true});
  CHECK_FALSE(described(with("malformed", "keep")).problems.empty());
}

TEST_CASE("what cannot work is a problem before anything runs") {
  const auto one_problem = [](const Values& options) {
    const Described node = described(options);
    REQUIRE(node.problems.size() == 1);
    return node.problems[0];
  };
  CHECK(one_problem(with("url", "http://x")).find("wss://") != std::string::npos);
  CHECK(one_problem(with("proxy", "socks5://me:secret@h:1")).find("the proxy of option proxy has the scheme") == 0);
  CHECK(one_problem(with("proxy", "socks5://me:secret@h:1")).find("secret") == std::string::npos);
  CHECK(one_problem(with("symbols", "[BTC/USDT]")).find("BTC/USDT") != std::string::npos);
  CHECK(one_problem(with("symbols", "[btcusdt@trade]")).find("cannot be a symbol") != std::string::npos);
  CHECK(one_problem(with("streams", "['a b']")).find("cannot be a stream") != std::string::npos);
  CHECK(one_problem(with("reconnect", "{ first: 2s, max: 1s }")).find("reconnect.max") != std::string::npos);
  CHECK_FALSE(described(with("symbols", "[]")).problems.empty());
  CHECK_FALSE(described({{"symbols", "[BTCUSDT]"}}).problems.empty());

  std::string many = "[s0";
  for (int i = 1; i < 1025; ++i) many += ", s" + std::to_string(i);
  CHECK_FALSE(described(with("symbols", many + "]")).problems.empty());
}

TEST_CASE("a stream's name that the exchange does not have is a problem where it is known, else a warning") {
  const auto problem = [](const std::string& streams) {
    const Described node = described(with("streams", streams));
    REQUIRE(node.problems.size() == 1);
    return node.problems[0];
  };
  CHECK(problem("[trade, aggtrade]").find("did you mean 'aggTrade'?") != std::string::npos);
  CHECK(problem("[bookticker]").find("did you mean 'bookTicker'?") != std::string::npos);
  CHECK(problem("[!miniticker@arr]").find("did you mean '!miniTicker@arr'?") != std::string::npos);
  CHECK(problem("[arr]").find("\"!miniTicker@arr\"") != std::string::npos);
  CHECK(problem("[btcusdt@trade]").find("write 'trade' here") != std::string::npos);
  CHECK(problem("[ethusdt@depth@100ms]").find("write 'depth@100ms' here") != std::string::npos);
  CHECK(described(with("streams", "[trades]")).warnings.size() == 1);
  CHECK(described(with("streams", "[trades]")).problems.empty());
  CHECK(described(with("streams", "[kline_1m, kline_1M, depth20@100ms, somethingNew]")).problems.empty());
  CHECK(described(with("streams", "[kline_1m, kline_1M, depth20@100ms, somethingNew]")).warnings.empty());
}

TEST_CASE("streams of all symbols need no symbols, and go with none") {
  const Described alone = described({{"streams", "[!miniTicker@arr, !bookTicker]"}});
  CHECK(alone.problems.empty());
  CHECK(alone.warnings.empty());
  CHECK(described(with("streams", "[!miniTicker@arr]")).warnings.size() == 1);
  CHECK(described(with("streams", "[!miniTicker@arr, trade]")).warnings.empty());
  CHECK(described({{"streams", "[!miniTicker@arr, trade]"}}).problems.size() == 1);
  const Described halves = described({{"symbols", "[!miniTicker]"}, {"streams", "[arr]"}});
  CHECK(halves.problems.empty());
  CHECK(halves.warnings.empty());
  CHECK(described({{"symbols", "[!miniTicker]"}, {"streams", "[trade]"}}).problems.size() == 1);
  CHECK(described({{"symbols", "[!miniTicker, BTCUSDT]"}, {"streams", "[arr]"}}).problems.size() == 1);
  const Described folded = described({{"symbols", "[!miniticker]"}, {"streams", "[arr]"}});
  REQUIRE(folded.problems.size() == 1);
  CHECK(folded.problems[0].find("did you mean '!miniTicker@arr'?") != std::string::npos);
}

TEST_CASE("the unit of times is said once") {
  Values both = with("url", "wss://a/stream?timeUnit=MICROSECOND");
  CHECK(described(both).problems.empty());
  both.push_back({"time_unit", "us"});
  CHECK(described(both).problems.empty());
  both.back().value = "ms";
  CHECK(described(both).problems.size() == 1);
  CHECK(described(with("url", "wss://a/?timeUnit=HOUR")).problems.size() == 1);
  CHECK(described(with("time_unit", "ns")).problems.size() == 1);
}

TEST_CASE("what is only odd is a warning") {
  CHECK(described(with("symbols", "[BTCUSDT, btcusdt]")).warnings.size() == 1);
  CHECK(described(with("streams", "[trade, trade]")).warnings.size() == 1);
  Values plain = with("ca_file", "/x.pem");
  plain.push_back({"url", "ws://x"});
  CHECK(described(plain).warnings.size() == 1);
  std::string long_names = "[";
  for (int i = 0; i < 300; ++i)
    long_names += std::string(i == 0 ? "" : ", ") + "symbol_of_many_letters_" + std::to_string(i);
  CHECK(described(with("symbols", long_names + "]")).warnings.size() == 1);
}

TEST_CASE("a repair needs a REST interface that has what the streams need") {
  const auto repairing = [](const std::string& streams, const std::string& rest) {
    Values values = with("repair", "{ rest: " + rest + " }");
    std::erase_if(values, [](const auto& field) { return field.key == "streams"; });
    values.push_back({"streams", streams});
    return described(values);
  };
  const Described good = repairing("[trade, aggTrade]", "https://api.binance.com");
  CHECK(good.problems.empty());
  CHECK(good.warnings.empty());
  CHECK(good.fact(SLUICE_FACT_MEMORY_BYTES) == 89 << 20);
  const Described simulated = repairing("[trade]", "http://127.0.0.1:9000/mirror/");
  CHECK(simulated.problems.empty());
  REQUIRE(simulated.warnings.size() == 1);
  CHECK(simulated.warnings[0].find("this leads to 127.0.0.1, and url to stream.binance.com: ") == 0);
  CHECK(repairing("[aggTrade]", "https://data-api.binance.vision").warnings.empty());

  const Described no_history = repairing("[aggTrade, trade]", "https://Data-API.binance.vision.:443");
  REQUIRE(no_history.warnings.size() == 1);
  CHECK(no_history.warnings[0].find("data-api.binance.vision serves aggTrades and not historicalTrades") == 0);
  const Described quotes = repairing("[bookTicker]", "https://api.binance.com");
  REQUIRE(quotes.warnings.size() == 1);
  CHECK(quotes.warnings[0].find("repair has no effect") == 0);

  const auto problem = [&](const std::string& rest) {
    const Described node = repairing("[trade]", rest);
    REQUIRE(node.problems.size() == 1);
    return node.problems[0];
  };
  CHECK(problem("wss://stream.binance.com:9443").find("https://") != std::string::npos);
  CHECK(problem("https://me:secret@api.binance.com").find("secret") == std::string::npos);
  CHECK(problem("https://api.binance.com/?key=secret") ==
        "the url of repair.rest has a query; write it as https://api.binance.com");
  CHECK(problem("https://api.binance.com/api/v3").find("contains /api, which the node adds") != std::string::npos);
  CHECK(described(with("repair", "{}")).problems.size() == 1);
}

TEST_CASE("ca_file has an effect when only the REST interface has TLS") {
  Values values = with("ca_file", "/x.pem");
  values.push_back({"url", "ws://x"});
  values.push_back({"repair", "{ rest: https://x }"});
  CHECK(described(values).warnings.empty());
}

TEST_CASE("streams are named once each, in lower case") {
  sluice::binance::Options options;
  options.symbols = {"BTCUSDT", "ETHUSDT", "BTCUSDT"};
  options.stream_types = {"trade", "aggTrade"};
  CHECK(sluice::binance::stream_names(options) ==
        std::vector<std::string>{"btcusdt@trade", "btcusdt@aggTrade", "ethusdt@trade", "ethusdt@aggTrade"});
}
