// SPDX-License-Identifier: Apache-2.0
// What the exchange's database knows: the trades and aggregates of every symbol, in the order of their ids.
// Has what the market issued, sent or not. Keeps the newest `most_rows` of a stream (0: all) and forgets the oldest.
// Never holds an id twice: what was there first stays. Never has the ids that are to be missing.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

#include "event.hpp"
#include "feed.hpp"
#include "stream_faults.hpp"

namespace sluice::sim {

struct HistoryRow {
  std::int64_t id = 0;
  std::int64_t price = 0, quantity = 0;
  std::int64_t first_trade_id = 0, last_trade_id = 0;  // of an aggregate
  std::int64_t time_us = 0;
  Time issued;
  bool buyer_is_maker = false;
};

using HistoryRows = std::deque<HistoryRow>;

class History {
 public:
  History(const StreamTable& streams, std::size_t most_rows, std::vector<IdRange> missing = {});

  const StreamTable& streams() const { return streams_; }

  void add(const Event& event, Time at);
  // From now on it has none of these ids.
  void miss(const IdRange& range);
  // The table has more streams by now.
  void grow() { rows_.resize(streams_.size()); }
  // Null when the market has no such symbol; empty when it has no such stream of it.
  const HistoryRows* rows(std::string_view symbol, EventKind kind) const;

 private:
  const StreamTable& streams_;
  std::size_t most_rows_;
  std::vector<IdRange> missing_;
  std::vector<HistoryRows> rows_;  // by stream
  HistoryRows none_;
};

}  // namespace sluice::sim
