// SPDX-License-Identifier: Apache-2.0
#include "held_back.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

namespace sluice::binance {
namespace {

/// Of one stream, so that what another one keeps pins none of its bytes.
constexpr uint64_t chunk_bytes = 16 * 1024;
/// Whoever parses a payload may read so many bytes behind it, which are then never written again.
constexpr uint64_t padding_bytes = 64;

}  // namespace

uint64_t HeldBack::cost(const HeldRecord& record) {
  constexpr uint64_t of_node = 48;
  return record.payload.size() + record.symbol.size() + padding_bytes + sizeof(HeldRecord) + of_node;
}

std::string_view HeldBack::copy(Line& line, std::string_view text) {
  const uint64_t needed = text.size() + padding_bytes;
  if (!line.chunk || line.chunk.capacity() - line.used < needed) {
    line.chunk = context_.new_buffer(std::max(chunk_bytes, needed));
    line.used = 0;
  }
  uint8_t* to = line.chunk.data() + line.used;
  std::memcpy(to, text.data(), text.size());
  std::memset(to + text.size(), 0, padding_bytes);
  line.used += needed;
  return {reinterpret_cast<const char*>(to), text.size()};
}

void HeldBack::keep(const Event& event, int64_t receive_time_ns) {
  Line& line = lines_[event.stream->number];
  HeldRecord record;
  record.stream = event.stream;
  const bool has_usual_symbol = event.symbol == event.stream->symbol;
  if (has_usual_symbol) {
    record.payload = copy(line, event.data);
    record.symbol = event.stream->symbol;
  } else {
    // In one piece, as a record has one buffer here.
    std::string both(event.data);
    both.append(padding_bytes, '\0');
    both.append(event.symbol);
    const std::string_view there = copy(line, both);
    record.payload = there.substr(0, event.data.size());
    record.symbol = there.substr(there.size() - event.symbol.size());
  }
  record.bytes = line.chunk;
  record.id = event.id;
  record.receive_time_ns = receive_time_ns;
  record.event_time_ns = event.event_time_ns;
  record.trade_time_ns = event.trade_time_ns;
  record.has_event_time = event.has_event_time;
  record.has_trade_time = event.has_trade_time;
  keep(std::move(record));
}

void HeldBack::keep(HeldRecord record) {
  Line& line = lines_[record.stream->number];
  const uint64_t bytes = cost(record);
  const bool is_repaired = record.is_repaired;
  const std::pair key(line.series, record.id);
  if (!line.records.emplace(key, std::move(record)).second) return;
  ++records_;
  if (is_repaired) ++repaired_;
  bytes_ += bytes;
}

void HeldBack::begin_anew(const Stream& stream) {
  Line& line = lines_[stream.number];
  if (!line.records.empty()) ++line.series;
}

uint64_t HeldBack::ranges() const {
  uint64_t ranges = 0;
  for (const Line& line : lines_) {
    std::optional<int64_t> before;
    for (const auto& [key, record] : line.records) {
      if (!before || record.id != *before + 1) ++ranges;
      before = record.id;
    }
  }
  return ranges;
}

const HeldRecord* HeldBack::first(const Stream& stream, int64_t barrier) const {
  const Line& line = lines_[stream.number];
  if (line.records.empty()) return nullptr;
  const auto& [key, record] = *line.records.begin();
  return key.first != line.series || record.id < barrier ? &record : nullptr;
}

void HeldBack::pop(const Stream& stream) {
  Line& line = lines_[stream.number];
  const auto first = line.records.begin();
  bytes_ -= cost(first->second);
  --records_;
  if (first->second.is_repaired) --repaired_;
  line.records.erase(first);
  if (!line.records.empty()) return;
  line.chunk = Buffer();
  line.used = 0;
}

}  // namespace sluice::binance
