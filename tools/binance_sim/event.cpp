// SPDX-License-Identifier: Apache-2.0
#include "event.hpp"

namespace sluice::sim {

std::uint16_t StreamTable::intern(std::string_view name, std::string_view symbol) {
  const int found = find(name);
  if (found >= 0) return static_cast<std::uint16_t>(found);
  EventKind kind = EventKind::other;
  const std::size_t at = name.find('@');
  const std::string_view suffix = at == std::string_view::npos ? std::string_view{} : name.substr(at + 1);
  for (const EventKind k : {EventKind::trade, EventKind::aggregate, EventKind::book})
    if (suffix == event_type(k)) kind = k;
  streams_.push_back({std::string(name), std::string(symbol), kind});
  return static_cast<std::uint16_t>(streams_.size() - 1);
}

int StreamTable::find(std::string_view name) const {
  for (std::size_t i = 0; i < streams_.size(); ++i)
    if (streams_[i].name == name) return static_cast<int>(i);
  return -1;
}

std::string_view event_type(EventKind kind) {
  switch (kind) {
    case EventKind::trade:
      return "trade";
    case EventKind::aggregate:
      return "aggTrade";
    case EventKind::book:
      return "bookTicker";
    case EventKind::other:
      break;
  }
  return "other";
}

}  // namespace sluice::sim
