// SPDX-License-Identifier: Apache-2.0
#include "frames.hpp"

#include <fmt/format.h>

#include <iterator>

namespace sluice::bench {
namespace {

constexpr uint32_t symbols = 3;
constexpr std::string_view upper[symbols] = {"BTCUSDT", "ETHUSDT", "BNBUSDT"};
constexpr std::string_view quote_streams[symbols] = {"btcusdt@bookTicker", "ethusdt@bookTicker", "bnbusdt@bookTicker"};
constexpr std::string_view trade_streams[symbols] = {"btcusdt@trade", "ethusdt@trade", "bnbusdt@trade"};
constexpr std::string_view aggregate_streams[symbols] = {"btcusdt@aggTrade", "ethusdt@aggTrade", "bnbusdt@aggTrade"};
constexpr uint64_t start_ms = 1'700'000'000'000;
constexpr uint64_t first_id = 30'000'000'000;

}  // namespace

Market::Event Market::append(std::string& to, uint64_t id, uint64_t ms) {
  const auto price = [&] { return fmt::format("{}.{:02}000000", 20'000 + random_() % 10'000, random_() % 100); };
  const auto quantity = [&] { return fmt::format("0.{:05}000", random_() % 100'000); };
  const auto symbol = static_cast<uint32_t>(random_() % symbols);
  const uint64_t kind = random_() % 10;
  const auto out = std::back_inserter(to);
  if (kind < 7) {
    fmt::format_to(out, R"({{"stream":"{}","data":{{"u":{},"s":"{}","b":"{}","B":"{}","a":"{}","A":"{}"}}}})",
                   quote_streams[symbol], id, upper[symbol], price(), quantity(), price(), quantity());
    return {quote_streams[symbol], upper[symbol], symbol, true};
  }
  if (kind < 9) {
    fmt::format_to(
        out,
        R"({{"stream":"{}","data":{{"e":"trade","E":{},"s":"{}","t":{},"p":"{}","q":"{}","T":{},"m":{},"M":true}}}})",
        trade_streams[symbol], ms, upper[symbol], id, price(), quantity(), ms, id % 2 == 0);
    return {trade_streams[symbol], upper[symbol], symbol, false};
  }
  fmt::format_to(
      out,
      R"({{"stream":"{}","data":{{"e":"aggTrade","E":{},"s":"{}","a":{},"p":"{}","q":"{}","f":{},"l":{},"T":{},"m":{},"M":true}}}})",
      aggregate_streams[symbol], ms, upper[symbol], id, price(), quantity(), id, id + 1, ms, id % 2 == 0);
  return {aggregate_streams[symbol], upper[symbol], symbol, false};
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

Frames build_frames(uint64_t total_bytes) {
  Frames frames;
  frames.bytes.reserve(total_bytes + 1024);
  Market market;
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
