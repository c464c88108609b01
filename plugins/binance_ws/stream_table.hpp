// SPDX-License-Identifier: Apache-2.0
// The streams that were asked for, by the name the exchange gives them on the wire. Each has its texts ready, so a
// record's attributes cost no copy and no look-up beyond this one. The texts given to `add` must outlive the table and
// every record (interned). Never grows after start.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

namespace sluice::binance {

enum class EventType : uint8_t { trade, agg_trade, book_ticker, other };

EventType event_type(std::string_view stream_type);

struct Stream {
  std::string_view name;    ///< btcusdt@trade
  std::string_view type;    ///< trade
  std::string_view symbol;  ///< BTCUSDT, as payloads are expected to spell it; empty: of all symbols
  EventType event = EventType::other;
  uint32_t number = 0;  ///< among the streams of its table, given by that
};

/// Whether its ids say what is missing, and what has come before.
inline bool has_ids(const Stream& stream) { return !stream.symbol.empty() && stream.event != EventType::other; }

class StreamTable {
 public:
  void add(const Stream& stream);
  const Stream* find(std::string_view name) const;
  /// For sentences: looks at each. One that was asked for and differs from `name` in case only.
  const Stream* find_but_for_case(std::string_view name) const;
  uint64_t size() const { return count_; }
  /// By their numbers.
  std::vector<const Stream*> all() const;

 private:
  static uint64_t hash(std::string_view name);
  void place(const Stream& stream);

  std::vector<Stream> slots_;  // open addressing; a power of two, at most half full
  uint32_t count_ = 0;
};

}  // namespace sluice::binance
