// SPDX-License-Identifier: Apache-2.0
#include "frames.hpp"

#include <fmt/format.h>

#include <iterator>
#include <string>

namespace sluice::bench {
namespace {

constexpr std::string_view first_symbols[] = {"BTCUSDT", "ETHUSDT", "BNBUSDT"};
constexpr uint64_t start_ms = 1'700'000'000'000;
constexpr uint64_t first_id = 30'000'000'000;
constexpr size_t id_digits = 11;

}  // namespace

Market::Market(uint32_t symbols) {
  for (uint32_t at = 0; at < symbols; ++at) {
    const std::string upper =
        at < std::size(first_symbols) ? std::string(first_symbols[at]) : fmt::format("X{}USDT", at);
    std::string lower = upper;
    for (char& letter : lower) letter = static_cast<char>(letter >= 'A' && letter <= 'Z' ? letter + 32 : letter);
    symbols_.push_back({upper, lower + "@bookTicker", lower + "@trade", lower + "@aggTrade"});
  }
  next_ids_.assign(size_t{3} * symbols, first_id);
}

Market::Event Market::append(std::string& to, uint64_t ms, std::optional<uint64_t> given_id) {
  const auto price = [&] { return fmt::format("{}.{:02}000000", 20'000 + random_() % 10'000, random_() % 100); };
  const auto quantity = [&] { return fmt::format("0.{:05}000", random_() % 100'000); };
  const auto index = static_cast<uint32_t>(random_() % symbols_.size());
  const Symbol& symbol = symbols_[index];
  const uint64_t kind = random_() % 10;
  const uint32_t stream = 3 * index + (kind < 7 ? 0 : kind < 9 ? 1 : 2);
  const uint64_t id = given_id ? *given_id : next_ids_[stream]++;
  const auto out = std::back_inserter(to);
  if (kind < 7) {
    fmt::format_to(out, R"({{"stream":"{}","data":{{"u":{},"s":"{}","b":"{}","B":"{}","a":"{}","A":"{}"}}}})",
                   symbol.quote_stream, id, symbol.upper, price(), quantity(), price(), quantity());
    return {symbol.quote_stream, symbol.upper, index, true, stream, id};
  }
  if (kind < 9) {
    fmt::format_to(
        out,
        R"({{"stream":"{}","data":{{"e":"trade","E":{},"s":"{}","t":{},"p":"{}","q":"{}","T":{},"m":{},"M":true}}}})",
        symbol.trade_stream, ms, symbol.upper, id, price(), quantity(), ms, id % 2 == 0);
    return {symbol.trade_stream, symbol.upper, index, false, stream, id};
  }
  fmt::format_to(
      out,
      R"({{"stream":"{}","data":{{"e":"aggTrade","E":{},"s":"{}","a":{},"p":"{}","q":"{}","f":{},"l":{},"T":{},"m":{},"M":true}}}})",
      symbol.aggregate_stream, ms, symbol.upper, id, price(), quantity(), id, id, ms, id % 2 == 0);
  return {symbol.aggregate_stream, symbol.upper, index, false, stream, id};
}

void append_header(std::string& to, uint64_t payload_bytes) {
  to += static_cast<char>(0x81);
  if (payload_bytes < 126) {
    to += static_cast<char>(payload_bytes);
  } else {
    to += static_cast<char>(126);
    to += static_cast<char>(payload_bytes >> 8);
    to += static_cast<char>(payload_bytes & 0xff);
  }
}

Frames build_frames(uint64_t total_bytes, uint32_t symbols) {
  Frames frames;
  frames.bytes.reserve(total_bytes + 1024);
  Market market(symbols);
  frames.ids_by_stream.assign(market.streams(), 0);
  std::string payload;
  while (frames.bytes.size() < total_bytes) {
    payload.clear();
    const Market::Event event = market.append(payload, start_ms + frames.count / 20);
    append_header(frames.bytes, payload.size());
    const std::string digits = std::to_string(event.id);
    for (size_t at = payload.find(digits); at != std::string::npos; at = payload.find(digits, at + digits.size())) {
      frames.ids.push_back({frames.bytes.size() + at, event.id, event.stream_index});
    }
    ++frames.ids_by_stream[event.stream_index];
    frames.bytes += payload;
    ++frames.count;
    frames.payload_bytes += payload.size();
  }
  return frames;
}

void renew_ids(Frames& frames, uint64_t rounds) {
  for (const Frames::Id& each : frames.ids) {
    uint64_t id = each.id + rounds * frames.ids_by_stream[each.stream_index];
    for (char* digit = &frames.bytes[each.at + id_digits]; id != 0; id /= 10) {
      *--digit = static_cast<char>('0' + id % 10);
    }
  }
}

}  // namespace sluice::bench
