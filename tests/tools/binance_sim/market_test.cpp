// SPDX-License-Identifier: Apache-2.0
#include "market.hpp"

#include <map>
#include <vector>

#include "catch.hpp"

using namespace sluice::sim;

namespace {

std::vector<Event> events(std::uint64_t seed, std::size_t count) {
  Market market(seed);
  std::vector<Event> all;
  std::int64_t now_ms = 1'700'000'000'000;
  while (all.size() < count) {
    market.append_moment(now_ms, all);
    now_ms += all.size() % 3 == 0 ? 1 : 0;
  }
  return all;
}

std::vector<Event> of_stream(const std::vector<Event>& all, std::uint16_t stream) {
  std::vector<Event> some;
  for (const Event& event : all)
    if (event.stream == stream) some.push_back(event);
  return some;
}

}  // namespace

TEST_CASE("The nine streams are symbol by symbol trade, aggTrade, bookTicker") {
  const StreamTable streams = Market::streams();
  REQUIRE(streams.size() == 9);
  CHECK(streams[0].name == "btcusdt@trade");
  CHECK(streams[4].name == "ethusdt@aggTrade");
  CHECK(streams[8].name == "bnbusdt@bookTicker");
  CHECK(streams[8].symbol == "BNBUSDT");
  for (const Event& event : events(1, 20'000)) REQUIRE(streams[event.stream].kind == event.kind);
}

TEST_CASE("Trade and aggregate ids rise by one, update ids strictly and with holes") {
  const std::vector<Event> all = events(2, 200'000);
  for (std::uint16_t stream = 0; stream < 9; ++stream) {
    const std::vector<Event> some = of_stream(all, stream);
    REQUIRE(some.size() > 1000);
    std::size_t holes = 0;
    for (std::size_t i = 1; i < some.size(); ++i) {
      const std::int64_t step = some[i].id - some[i - 1].id;
      REQUIRE(step >= 1);
      if (some[i].kind != EventKind::book) REQUIRE(step == 1);
      if (step > 1) ++holes;
    }
    CHECK((holes > 0) == (some[0].kind == EventKind::book));
  }
}

TEST_CASE("An aggTrade is the fold of its trades, and its f..l chain has no break") {
  const std::vector<Event> all = events(3, 200'000);
  std::map<std::pair<int, std::int64_t>, Event> trades;
  std::map<int, std::int64_t> last_folded;
  std::size_t folded = 0, aggregates = 0;
  for (const Event& event : all) {
    const int symbol = event.stream / 3;
    if (event.kind == EventKind::trade) trades[{symbol, event.id}] = event;
    if (event.kind != EventKind::aggregate) continue;
    ++aggregates;
    if (last_folded.count(symbol) != 0) REQUIRE(event.first_trade_id == last_folded[symbol] + 1);
    last_folded[symbol] = event.last_trade_id;
    std::int64_t sum = 0;
    for (std::int64_t id = event.first_trade_id; id <= event.last_trade_id; ++id) {
      const auto trade = trades.find({symbol, id});
      REQUIRE(trade != trades.end());
      REQUIRE(trade->second.price == event.price);
      REQUIRE(trade->second.buyer_is_maker == event.buyer_is_maker);
      REQUIRE(trade->second.trade_time_ms == event.trade_time_ms);
      sum += trade->second.quantity;
      ++folded;
    }
    REQUIRE(sum == event.quantity);
  }
  CHECK(aggregates > 10'000);
  CHECK(folded == trades.size());
}

TEST_CASE("Times: T never behind E by more than 220 ms, neither goes back, trains share T") {
  const std::vector<Event> all = events(4, 200'000);
  for (const std::uint16_t stream : {0, 3, 6}) {
    const std::vector<Event> trades = of_stream(all, stream);
    std::size_t longest_train = 1, train = 1;
    for (std::size_t i = 0; i < trades.size(); ++i) {
      REQUIRE(trades[i].event_time_ms - trades[i].trade_time_ms >= 0);
      REQUIRE(trades[i].event_time_ms - trades[i].trade_time_ms <= 220);
      if (i == 0) continue;
      REQUIRE(trades[i].event_time_ms >= trades[i - 1].event_time_ms);
      REQUIRE(trades[i].trade_time_ms >= trades[i - 1].trade_time_ms);
      train = trades[i].trade_time_ms == trades[i - 1].trade_time_ms ? train + 1 : 1;
      longest_train = std::max(longest_train, train);
    }
    CHECK(longest_train > 20);
  }
}

TEST_CASE("The book is never crossed, moves in steps, and no book ticker repeats the one before") {
  const std::vector<Event> all = events(5, 500'000);
  const std::int64_t steps[] = {1'000, 10'000, 100'000};
  for (int symbol = 0; symbol < 3; ++symbol) {
    const std::vector<Event> books = of_stream(all, static_cast<std::uint16_t>(symbol * 3 + 2));
    for (std::size_t i = 0; i < books.size(); ++i) {
      REQUIRE(books[i].price > 0);
      REQUIRE(books[i].price < books[i].ask_price);
      REQUIRE(books[i].price % 1'000'000 == 0);
      REQUIRE(books[i].quantity > 0);
      REQUIRE(books[i].ask_quantity > 0);
      REQUIRE(books[i].quantity % steps[symbol] == 0);
      if (i == 0) continue;
      const bool same = books[i].price == books[i - 1].price && books[i].quantity == books[i - 1].quantity &&
                        books[i].ask_price == books[i - 1].ask_price &&
                        books[i].ask_quantity == books[i - 1].ask_quantity;
      REQUIRE_FALSE(same);
    }
  }
}

TEST_CASE("About 70 % book tickers, 20 % trades, 10 % aggregates") {
  const std::vector<Event> all = events(6, 1'000'000);
  std::map<EventKind, double> share;
  for (const Event& event : all) share[event.kind] += 100.0 / static_cast<double>(all.size());
  CHECK(share[EventKind::book] == Approx(70).margin(3));
  CHECK(share[EventKind::trade] == Approx(20).margin(2.5));
  CHECK(share[EventKind::aggregate] == Approx(10).margin(1.5));
}

TEST_CASE("The same seed makes the same events, another seed others") {
  const std::vector<Event> a = events(7, 5'000), b = events(7, 5'000), c = events(8, 5'000);
  REQUIRE(a.size() == b.size());
  bool differs = a.size() != c.size();
  for (std::size_t i = 0; i < a.size(); ++i) {
    REQUIRE(a[i].id == b[i].id);
    REQUIRE(a[i].price == b[i].price);
    REQUIRE(a[i].quantity == b[i].quantity);
    if (!differs) differs = a[i].quantity != c[i].quantity;
  }
  CHECK(differs);
}
