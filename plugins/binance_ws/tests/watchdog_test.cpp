// SPDX-License-Identifier: Apache-2.0
// The watchdog over a market that a seed makes, under a clock of the test's own: a quiet day has no stall, and a stream
// that stalls is found.
#include "watchdog.hpp"

#include <deque>
#include <map>
#include <memory>
#include <random>

#include "catch.hpp"

using namespace sluice::binance;

namespace {

constexpr int64_t second_ns = Watchdog::second_ns;

/// Events of a symbol come at random, so many seconds apart on average, and reach the node a little later.
struct Market {
  struct Symbol {
    std::string name;
    double seconds_apart;
    std::deque<std::string> names{};
    std::deque<Stream> streams{};
    int64_t trades = 1'000;  ///< the newest id; each is an aggregate of its own
    std::deque<std::pair<int64_t, int64_t>> on_their_way{};
    std::map<const Stream*, bool> stalls{};
  };

  explicit Market(uint32_t seed, const std::vector<double>& seconds_apart) : random(seed) {
    for (const double apart : seconds_apart) {
      Symbol& symbol = symbols.emplace_back(Symbol{"S" + std::to_string(symbols.size()), apart});
      for (const auto& [type, event] :
           {std::pair("trade", EventType::trade), std::pair("aggTrade", EventType::agg_trade),
            std::pair("bookTicker", EventType::book_ticker)}) {
        const std::string& name = symbol.names.emplace_back(symbol.name + "@" + type);
        symbol.streams.push_back({name, type, symbol.name, event, static_cast<uint32_t>(all.size())});
        all.push_back(&symbol.streams.back());
        seen[all.back()] = {};
      }
    }
    watchdog = std::make_unique<Watchdog>(all);
  }

  void second() {
    now_ns += second_ns;
    for (Symbol& symbol : symbols) {
      if (is_open) {
        std::poisson_distribution<int> count(1.0 / symbol.seconds_apart);
        symbol.trades += count(random);
      }
      symbol.on_their_way.emplace_back(now_ns + static_cast<int64_t>(random() % 2'000) * 1'000'000, symbol.trades);
      while (!symbol.on_their_way.empty() && symbol.on_their_way.front().first <= now_ns) {
        const int64_t id = symbol.on_their_way.front().second;
        symbol.on_their_way.pop_front();
        for (const Stream& stream : symbol.streams) {
          if (symbol.stalls[&stream] || seen[&stream].id == id) continue;
          seen[&stream] = {id, now_ns};
        }
      }
    }
    watchdog->look(now_ns, [&](const Stream& stream) { return seen[&stream]; });
    if (const auto stream = watchdog->ask(now_ns)) {
      ++questions;
      const auto symbol = std::find_if(symbols.begin(), symbols.end(),
                                       [&](const Symbol& each) { return each.name == (*stream)->symbol; });
      std::optional<NewestIds> newest = NewestIds{symbol->trades, symbol->trades};
      if (!has_rest || random() % 50 == 0) newest.reset();
      watchdog->answer(newest, now_ns);
    }
  }
  std::optional<Watchdog::Stall> run_until_stall(int64_t seconds) {
    for (; seconds > 0; --seconds) {
      second();
      if (auto stall = watchdog->take_stall()) return stall;
    }
    return std::nullopt;
  }

  std::mt19937 random;
  std::deque<Symbol> symbols;
  std::vector<const Stream*> all;
  std::map<const Stream*, Watchdog::Seen> seen;
  std::unique_ptr<Watchdog> watchdog;
  int64_t now_ns = 1'000 * second_ns;
  uint64_t questions = 0;
  bool is_open = true;  ///< for trade
  bool has_rest = true;
};

}  // namespace

TEST_CASE("on a quiet day no stream stalls, and few questions are asked") {
  const uint32_t seed = GENERATE(1u, 2u);
  Market market(seed, {0.2, 1, 5, 20, 60, 300, 3'600, 20'000});
  constexpr int64_t hours = 24;
  for (int64_t hour = 0; hour < hours; ++hour) {
    // Nobody trades for an hour, and then everybody again.
    market.is_open = hour % 6 != 5;
    // The connection is replaced, as every day.
    if (hour == 12) market.watchdog->restart();
    CHECK_FALSE(market.run_until_stall(3'600));
  }
  CHECK(market.questions > 100);
  // Of the 60 a minute that its own limit allows, weight 4 each.
  CHECK(market.questions < hours * 60 * 6);
}

TEST_CASE("a stream that stalls is found within a minute, whichever it is") {
  const uint32_t seed = GENERATE(range(0u, 30u));
  INFO("seed " << seed);
  Market market(seed, {0.2, 1, 3, 60, 3'600});
  CHECK_FALSE(market.run_until_stall(600));
  Market::Symbol& symbol = market.symbols[seed % 3];
  const Stream& stream = symbol.streams[seed / 3 % 3];
  symbol.stalls[&stream] = true;
  const auto stall = market.run_until_stall(60);
  REQUIRE(stall);
  CHECK(stall->stream == &stream);
  CHECK(stall->sentence.find(std::string(stream.name)) != std::string::npos);
  // It is another connection that brings the stream again.
  market.watchdog->restart();
  symbol.stalls[&stream] = false;
  CHECK_FALSE(market.run_until_stall(600));
}

TEST_CASE("a stream that stalls from the beginning of a connection is found, and ids from before it say nothing") {
  Market market(7, {1, 3'600});
  for (const Stream& stream : market.symbols[1].streams) market.seen[&stream] = {3, 1};
  Market::Symbol& symbol = market.symbols[0];
  for (const Stream& stream : symbol.streams) {
    market.seen[&stream] = {3, 1};
    symbol.stalls[&stream] = stream.event == EventType::trade;
  }
  const auto stall = market.run_until_stall(60);
  REQUIRE(stall);
  CHECK(stall->stream->name == "S0@trade");
}

TEST_CASE("without an answer, and while nothing is read, nothing stalls") {
  Market market(7, {1});
  CHECK_FALSE(market.run_until_stall(100));
  market.symbols[0].stalls[market.all[0]] = true;
  market.has_rest = false;
  CHECK_FALSE(market.run_until_stall(300));
  CHECK(market.questions < 70);
  market.has_rest = true;
  for (int i = 0; i < 100; ++i) {
    market.now_ns += second_ns;
    market.watchdog->rest(market.now_ns);
    if (i > 1) CHECK_FALSE(market.watchdog->ask(market.now_ns));
  }
  CHECK_FALSE(market.run_until_stall(20));
  CHECK(market.run_until_stall(40));
}
