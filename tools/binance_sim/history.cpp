// SPDX-License-Identifier: Apache-2.0
#include "history.hpp"

#include <algorithm>

namespace sluice::sim {

History::History(const StreamTable& streams, std::size_t most_rows, std::vector<IdRange> missing)
    : streams_(streams), most_rows_(most_rows), missing_(std::move(missing)), rows_(streams.size()) {}

void History::add(const Event& event, Time at) {
  if (event.kind != EventKind::trade && event.kind != EventKind::aggregate) return;
  for (const IdRange& range : missing_)
    if (range.has(streams_[event.stream], event.id)) return;
  HistoryRows& rows = rows_[event.stream];
  const HistoryRow row{event.id,
                       event.price,
                       event.quantity,
                       event.first_trade_id,
                       event.last_trade_id,
                       event.trade_time_ms * 1000 + event.trade_time_us,
                       at,
                       event.buyer_is_maker};
  if (rows.empty() || rows.back().id < row.id) {
    rows.push_back(row);
  } else {
    const auto place = std::lower_bound(rows.begin(), rows.end(), row.id,
                                        [](const HistoryRow& have, std::int64_t id) { return have.id < id; });
    if (place->id != row.id) rows.insert(place, row);
  }
  if (most_rows_ != 0 && rows.size() > most_rows_) rows.pop_front();
}

void History::miss(const IdRange& range) {
  missing_.push_back(range);
  for (std::size_t i = 0; i < rows_.size(); ++i)
    std::erase_if(rows_[i], [&](const HistoryRow& row) { return range.has(streams_[i], row.id); });
}

const HistoryRows* History::rows(std::string_view symbol, EventKind kind) const {
  const HistoryRows* found = nullptr;
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    if (streams_[i].symbol != symbol) continue;
    if (streams_[i].kind == kind) return &rows_[i];
    found = &none_;
  }
  return found;
}

}  // namespace sluice::sim
