// SPDX-License-Identifier: Apache-2.0
#include "frames.hpp"

#include <fmt/format.h>

#include <iterator>

namespace sluice::bench {
namespace {

constexpr std::string_view first_symbols[] = {"BTCUSDT", "ETHUSDT", "BNBUSDT"};
constexpr uint64_t start_ms = 1'700'000'000'000;
constexpr uint64_t first_id = 30'000'000'000;

}  // namespace

Market::Market(uint32_t symbols) {
  for (uint32_t at = 0; at < symbols; ++at) {
    const std::string upper =
        at < std::size(first_symbols) ? std::string(first_symbols[at]) : fmt::format("X{}USDT", at);
    std::string lower = upper;
    for (char& letter : lower) letter = static_cast<char>(letter >= 'A' && letter <= 'Z' ? letter + 32 : letter);
    symbols_.push_back({upper, lower + "@bookTicker", lower + "@trade", lower + "@aggTrade"});
  }
}

Market::Event Market::append(std::string& to, uint64_t id, uint64_t ms) {
  const auto price = [&] { return fmt::format("{}.{:02}000000", 20'000 + random_() % 10'000, random_() % 100); };
  const auto quantity = [&] { return fmt::format("0.{:05}000", random_() % 100'000); };
  const auto index = static_cast<uint32_t>(random_() % symbols_.size());
  const Symbol& symbol = symbols_[index];
  const uint64_t kind = random_() % 10;
  const auto out = std::back_inserter(to);
  if (kind < 7) {
    fmt::format_to(out, R"({{"stream":"{}","data":{{"u":{},"s":"{}","b":"{}","B":"{}","a":"{}","A":"{}"}}}})",
                   symbol.quote_stream, id, symbol.upper, price(), quantity(), price(), quantity());
    return {symbol.quote_stream, symbol.upper, index, true};
  }
  if (kind < 9) {
    fmt::format_to(
        out,
        R"({{"stream":"{}","data":{{"e":"trade","E":{},"s":"{}","t":{},"p":"{}","q":"{}","T":{},"m":{},"M":true}}}})",
        symbol.trade_stream, ms, symbol.upper, id, price(), quantity(), ms, id % 2 == 0);
    return {symbol.trade_stream, symbol.upper, index, false};
  }
  fmt::format_to(
      out,
      R"({{"stream":"{}","data":{{"e":"aggTrade","E":{},"s":"{}","a":{},"p":"{}","q":"{}","f":{},"l":{},"T":{},"m":{},"M":true}}}})",
      symbol.aggregate_stream, ms, symbol.upper, id, price(), quantity(), id, id + 1, ms, id % 2 == 0);
  return {symbol.aggregate_stream, symbol.upper, index, false};
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
  std::string payload;
  while (frames.bytes.size() < total_bytes) {
    payload.clear();
    market.append(payload, first_id + frames.count, start_ms + frames.count / 20);
    append_header(frames.bytes, payload.size());
    frames.bytes += payload;
    ++frames.count;
    frames.payload_bytes += payload.size();
  }
  return frames;
}

}  // namespace sluice::bench
