// SPDX-License-Identifier: Apache-2.0
#include "market.hpp"

#include <algorithm>
#include <bit>

#include "decimal.hpp"

namespace sluice::sim {
namespace {

// What is not ASCII stays.
std::string lower_case(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

constexpr std::int64_t tick = units_per_one / 100;  // 0.01 on all three

std::int64_t lag_ms(Rng& rng) {
  const std::int64_t dice = rng.below(100);
  if (dice < 90) return rng.below(4);
  if (dice < 99) return rng.below(40);
  return rng.below(221);
}

// Three, the first of which is the index that names the symbol in this market.
std::uint16_t add_streams(const std::string& symbol, StreamTable& table) {
  std::uint16_t first = 0;
  for (const EventKind kind : {EventKind::trade, EventKind::aggregate, EventKind::book}) {
    const std::uint16_t index = table.intern(lower_case(symbol) + "@" + std::string(event_type(kind)), symbol);
    if (kind == EventKind::trade) first = index;
  }
  return first;
}

// Two on average; now and then a sweep of hundreds, as real tapes have them.
std::int64_t trades_at_one_price(Rng& rng) {
  const std::int64_t usual = 1 + std::countr_zero(rng.next() | (1ULL << 40));
  return rng.one_in(2000) ? usual + rng.below(300) : usual;
}

}  // namespace

Market::Market(std::uint64_t seed)
    : rng_(seed),
      symbols_{
          open_symbol(0, 1'000, 6'168'598, 6'732'650'448, 3'405'118'016, 80'093'421'613),
          open_symbol(3, 10'000, 268'380, 3'120'545'030, 1'891'477'091, 55'346'513'501),
          open_symbol(6, 100'000, 75'517, 1'587'720'407, 902'412'733, 18'402'117'345),
      } {}

Market::Symbol Market::open_symbol(std::uint16_t first_stream, std::int64_t quantity_step, std::int64_t bid_ticks,
                                   std::int64_t trade_id, std::int64_t aggregate_id, std::int64_t update_id) {
  Symbol symbol{};
  symbol.first_stream = first_stream;
  symbol.quantity_step = quantity_step;
  symbol.lowest = bid_ticks * 95 / 100 * tick;
  symbol.highest = bid_ticks * 105 / 100 * tick;
  symbol.bid = bid_ticks * tick;
  symbol.ask = symbol.bid + tick;
  symbol.bid_quantity = 3'000 * quantity_step;
  symbol.ask_quantity = 2'000 * quantity_step;
  symbol.next_trade_id = trade_id;
  symbol.next_aggregate_id = aggregate_id;
  symbol.last_update_id = update_id;
  return symbol;
}

StreamTable Market::streams() {
  StreamTable table;
  for (const char* symbol : {"BTCUSDT", "ETHUSDT", "BNBUSDT"}) add_streams(symbol, table);
  return table;
}

void Market::list(const std::string& symbol, StreamTable& table) {
  const std::uint16_t first = add_streams(symbol, table);
  if (Symbol* known = find(first)) {
    known->trades = true;
  } else {
    symbols_.push_back(open_symbol(first, 100'000, 10'000, 0, 0, 1));
  }
}

bool Market::can_end(std::uint16_t first_stream) const {
  const auto trading = [](const Symbol& symbol) { return symbol.trades; };
  return std::count_if(symbols_.begin(), symbols_.end(), trading) > 1 &&
         std::any_of(symbols_.begin(), symbols_.end(),
                     [&](const Symbol& symbol) { return symbol.trades && symbol.first_stream == first_stream; });
}

void Market::end(std::uint16_t first_stream) { find(first_stream)->trades = false; }

Market::Symbol* Market::find(std::uint16_t first_stream) {
  const auto found = std::find_if(symbols_.begin(), symbols_.end(),
                                  [&](const Symbol& symbol) { return symbol.first_stream == first_stream; });
  return found == symbols_.end() ? nullptr : &*found;
}

Market::Symbol& Market::pick() {
  const std::int64_t dice = rng_.below(100);
  std::size_t which = dice < 50 ? 0 : dice < 82 ? 1 : 2;
  const auto others = static_cast<std::int64_t>(symbols_.size()) - 3;
  if (others > 0 && rng_.one_in(3)) which = static_cast<std::size_t>(3 + rng_.below(others));
  while (!symbols_[which].trades) which = (which + 1) % symbols_.size();
  return symbols_[which];
}

void Market::append_moment(std::int64_t now_ms, std::vector<Event>& out) {
  Symbol& symbol = pick();
  if (rng_.below(1000) < 112) {
    append_order(symbol, now_ms, out);
  } else {
    append_quote(symbol, out);
  }
}

void Market::append_order(Symbol& symbol, std::int64_t now_ms, std::vector<Event>& out) {
  const bool sells = rng_.below(100) < 52;
  const bool book_first = rng_.one_in(2);
  const std::int64_t levels = rng_.one_in(8) ? 2 + rng_.below(3) : 1;
  symbol.trade_time(now_ms, lag_ms(rng_));
  const std::int64_t start = sells ? symbol.bid : symbol.ask;
  const std::int64_t step = sells ? -tick : tick;

  if (sells) {
    symbol.bid = start + (levels - 1) * step;
    symbol.bid_quantity = other_quantity(symbol, symbol.bid_quantity);
  } else {
    symbol.ask = start + (levels - 1) * step;
    symbol.ask_quantity = other_quantity(symbol, symbol.ask_quantity);
  }
  if (book_first) push_book(symbol, out);

  Event event;
  event.buyer_is_maker = sells;
  event.event_time_ms = symbol.last_event_ms;
  event.trade_time_ms = symbol.last_trade_ms;
  for (std::int64_t level = 0; level < levels; ++level) {
    event.price = start + level * step;
    std::int64_t sum = 0;
    const std::int64_t first = symbol.next_trade_id;
    const std::int64_t count = trades_at_one_price(rng_);
    event.kind = EventKind::trade;
    event.stream = symbol.first_stream;
    for (std::int64_t i = 0; i < count; ++i) {
      event.id = symbol.next_trade_id++;
      event.quantity = symbol.quantity_step * (1 + rng_.below(rng_.one_in(20) ? 20'000 : 600));
      sum += event.quantity;
      out.push_back(event);
    }
    event.kind = EventKind::aggregate;
    event.stream = static_cast<std::uint16_t>(symbol.first_stream + 1);
    event.id = symbol.next_aggregate_id++;
    event.first_trade_id = first;
    event.last_trade_id = symbol.next_trade_id - 1;
    event.quantity = sum;
    out.push_back(event);
  }
  if (!book_first) push_book(symbol, out);
}

void Market::append_quote(Symbol& symbol, std::vector<Event>& out) {
  const std::int64_t dice = rng_.below(100);
  if (dice < 91) {
    std::int64_t& quantity = rng_.one_in(2) ? symbol.bid_quantity : symbol.ask_quantity;
    quantity = other_quantity(symbol, quantity);
  } else {
    move_price(symbol);
    symbol.bid_quantity = other_quantity(symbol, symbol.bid_quantity);
    symbol.ask_quantity = other_quantity(symbol, symbol.ask_quantity);
  }
  push_book(symbol, out);
}

void Market::move_price(Symbol& symbol) {
  std::int64_t bid = symbol.bid + (rng_.below(7) - 3) * tick;
  if (bid < symbol.lowest) bid = symbol.lowest + rng_.below(100) * tick;
  if (bid > symbol.highest) bid = symbol.highest - rng_.below(100) * tick;
  symbol.bid = bid;
  symbol.ask = bid + (rng_.one_in(10) ? 1 + rng_.below(20) : 1) * tick;
}

void Market::push_book(Symbol& symbol, std::vector<Event>& out) {
  symbol.last_update_id += 1 + rng_.below(15);
  Event event;
  event.kind = EventKind::book;
  event.stream = static_cast<std::uint16_t>(symbol.first_stream + 2);
  event.id = symbol.last_update_id;
  event.price = symbol.bid;
  event.quantity = symbol.bid_quantity;
  event.ask_price = symbol.ask;
  event.ask_quantity = symbol.ask_quantity;
  out.push_back(event);
}

std::int64_t Market::other_quantity(const Symbol& symbol, std::int64_t now) {
  const std::int64_t fresh = symbol.quantity_step * (1 + rng_.below(rng_.one_in(8) ? 900'000 : 90'000));
  return fresh == now ? fresh + symbol.quantity_step : fresh;
}

void Market::Symbol::trade_time(std::int64_t now_ms, std::int64_t lag) {
  last_event_ms = std::max(last_event_ms, now_ms);
  last_trade_ms = std::max(last_trade_ms, now_ms - lag);
}

}  // namespace sluice::sim
