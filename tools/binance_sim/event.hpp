// SPDX-License-Identifier: Apache-2.0
// One market event as it lies on the tape, and the table of streams that events belong to.
// An event is generated (its numbers are all there) or captured (`text` points at the recorded frame, and what
// the three kinds have in common with generated ones is filled in). Prices and quantities count 1e-8 units.
// Never holds text of its own: events are copied by the million.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::sim {

enum class EventKind : std::uint8_t { trade, aggregate, book, other };

inline constexpr std::uint32_t no_text = 0xffffffff;

struct Event {
  std::uint16_t stream = 0;
  EventKind kind = EventKind::other;
  bool buyer_is_maker = false;
  bool counted = false;             // the truth has it: some connection got it whole
  std::uint16_t trade_time_us = 0;  // of T, behind the millisecond
  std::uint32_t text = no_text;
  std::int64_t id = 0;        // t, a or u
  std::int64_t price = 0;     // best bid for a book ticker
  std::int64_t quantity = 0;  // its quantity
  std::int64_t ask_price = 0;
  std::int64_t ask_quantity = 0;
  std::int64_t first_trade_id = 0;
  std::int64_t last_trade_id = 0;
  std::int64_t event_time_ms = 0;
  std::int64_t trade_time_ms = 0;
};

struct StreamInfo {
  std::string name;    // btcusdt@trade
  std::string symbol;  // BTCUSDT
  EventKind kind = EventKind::other;
};

enum class SymbolStatus { trading, halted, gone };

class StreamTable {
 public:
  // The index of this name, which is added when it is new. The kind follows from what stands behind the '@'.
  std::uint16_t intern(std::string_view name, std::string_view symbol);
  // -1 when there is none.
  int find(std::string_view name) const;
  std::size_t size() const { return streams_.size(); }
  const StreamInfo& operator[](std::size_t index) const { return streams_[index]; }
  // Trading, unless it was said otherwise.
  SymbolStatus status(const std::string& symbol) const {
    const auto found = statuses_.find(symbol);
    return found == statuses_.end() ? SymbolStatus::trading : found->second;
  }
  void set_status(const std::string& symbol, SymbolStatus status) { statuses_[symbol] = status; }

 private:
  std::vector<StreamInfo> streams_;
  std::map<std::string, SymbolStatus> statuses_;
};

std::string_view event_type(EventKind kind);

// What connections want, by stream index.
struct Wanted {
  bool all = false;
  std::vector<std::uint8_t> streams;
  bool has(std::uint16_t stream) const { return all || (stream < streams.size() && streams[stream] != 0); }
  bool any() const {
    if (all) return true;
    for (const std::uint8_t wanted : streams)
      if (wanted != 0) return true;
    return false;
  }
};

}  // namespace sluice::sim
