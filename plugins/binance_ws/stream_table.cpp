// SPDX-License-Identifier: Apache-2.0
#include "stream_table.hpp"

#include <cstring>
#include <string>

#include "sluice/net/authority.hpp"

namespace sluice::binance {

EventType event_type(std::string_view stream_type) {
  if (stream_type == "trade") return EventType::trade;
  if (stream_type == "aggTrade") return EventType::agg_trade;
  if (stream_type == "bookTicker" || stream_type == "!bookTicker") return EventType::book_ticker;
  return EventType::other;
}

// Both ends of the name tell streams apart: the symbol stands first, the type last.
uint64_t StreamTable::hash(std::string_view name) {
  uint64_t head = 0;
  uint64_t tail = 0;
  if (name.size() >= 8) {
    std::memcpy(&head, name.data(), 8);
    std::memcpy(&tail, name.data() + name.size() - 8, 8);
  } else {
    std::memcpy(&head, name.data(), name.size());
  }
  uint64_t mixed = (head * 0x9E3779B97F4A7C15u) ^ (tail + name.size()) * 0xC2B2AE3D27D4EB4Fu;
  return mixed ^ (mixed >> 29);
}

void StreamTable::place(const Stream& stream) {
  uint64_t at = hash(stream.name) & (slots_.size() - 1);
  while (!slots_[at].name.empty()) at = (at + 1) & (slots_.size() - 1);
  slots_[at] = stream;
}

void StreamTable::add(const Stream& stream) {
  if (stream.name.empty() || find(stream.name) != nullptr) return;
  if ((count_ + 1u) * 2 > slots_.size()) {
    std::vector<Stream> old(slots_.empty() ? 16 : slots_.size() * 2);
    old.swap(slots_);
    for (const Stream& each : old) {
      if (!each.name.empty()) place(each);
    }
  }
  Stream numbered = stream;
  numbered.number = count_++;
  place(numbered);
}

std::vector<const Stream*> StreamTable::all() const {
  std::vector<const Stream*> all(count_);
  for (const Stream& stream : slots_) {
    if (!stream.name.empty()) all[stream.number] = &stream;
  }
  return all;
}

const Stream* StreamTable::find_but_for_case(std::string_view name) const {
  const std::string folded = net::ascii_lower(name);
  for (const Stream& stream : slots_) {
    if (stream.name.size() == name.size() && !name.empty() && net::ascii_lower(stream.name) == folded) return &stream;
  }
  return nullptr;
}

const Stream* StreamTable::find(std::string_view name) const {
  if (slots_.empty()) return nullptr;
  uint64_t at = hash(name) & (slots_.size() - 1);
  while (!slots_[at].name.empty()) {
    if (slots_[at].name == name) return &slots_[at];
    at = (at + 1) & (slots_.size() - 1);
  }
  return nullptr;
}

}  // namespace sluice::binance
