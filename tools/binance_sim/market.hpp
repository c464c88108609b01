// SPDX-License-Identifier: Apache-2.0
// A made-up market of BTCUSDT, ETHUSDT and BNBUSDT with the nine streams trade, aggTrade and bookTicker. Others can be
// listed, and have a third of the events together; one that ends leaves its events to the others.
// Guarantees: trade and aggregate ids rise by one per symbol; an aggTrade is the fold of consecutive trades of one
// order at one price (f..l chains, summed quantity, same price, side and time); `u` rises strictly, with holes; the
// book is never crossed and no book ticker repeats the one before; 0 <= E - T <= 220 ms and neither goes back.
// About 70 % book tickers, 20 % trades, 10 % aggregates. Same seed, same events; only the times come from outside.
// Never writes text and knows no connection.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "event.hpp"
#include "rng.hpp"

namespace sluice::sim {

class Market {
 public:
  explicit Market(std::uint64_t seed);

  // The nine streams, in the order the events' stream indices mean: symbol by symbol, trade, aggTrade, bookTicker.
  static StreamTable streams();

  // It trades from now on. A new one begins with the trade id 0, and its streams are added to the table.
  void list(const std::string& symbol, StreamTable& table);
  // False when it does not trade, or is the last one that does.
  bool can_end(std::uint16_t first_stream) const;
  void end(std::uint16_t first_stream);

  // Appends what happens in one instant: an order with its trades and aggregates and the new top of the book, or a
  // change of the book alone.
  void append_moment(std::int64_t now_ms, std::vector<Event>& out);

 private:
  struct Symbol {
    std::uint16_t first_stream;
    std::int64_t quantity_step;
    std::int64_t lowest, highest;  // bounds of the walk
    std::int64_t bid, ask, bid_quantity, ask_quantity;
    std::int64_t next_trade_id, next_aggregate_id, last_update_id;
    std::int64_t last_event_ms, last_trade_ms;
    bool trades = true;
    // E never goes back, T stays within its lag behind it.
    void trade_time(std::int64_t now_ms, std::int64_t lag);
  };

  static Symbol open_symbol(std::uint16_t first_stream, std::int64_t quantity_step, std::int64_t bid_ticks,
                            std::int64_t trade_id, std::int64_t aggregate_id, std::int64_t update_id);
  Symbol& pick();
  Symbol* find(std::uint16_t first_stream);
  void append_order(Symbol& symbol, std::int64_t now_ms, std::vector<Event>& out);
  void append_quote(Symbol& symbol, std::vector<Event>& out);
  void push_book(Symbol& symbol, std::vector<Event>& out);
  void move_price(Symbol& symbol);
  std::int64_t other_quantity(const Symbol& symbol, std::int64_t now);

  Rng rng_;
  std::vector<Symbol> symbols_;
};

}  // namespace sluice::sim
