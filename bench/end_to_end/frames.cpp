// SPDX-License-Identifier: Apache-2.0
#include "frames.hpp"

#include <fmt/format.h>

#include <iterator>
#include <random>

namespace sluice::bench {
namespace {

constexpr const char* lower[] = {"btcusdt", "ethusdt", "bnbusdt"};
constexpr const char* upper[] = {"BTCUSDT", "ETHUSDT", "BNBUSDT"};
constexpr uint64_t start_ms = 1'700'000'000'000;

class Market {
 public:
  void append_next(std::string& to) {
    const uint64_t symbol = random_() % 3;
    const uint64_t kind = random_() % 10;
    const uint64_t ms = start_ms + id_ / 20;
    const auto out = std::back_inserter(to);
    ++id_;
    if (kind < 7) {
      fmt::format_to(out,
                     R"({{"stream":"{}@bookTicker","data":{{"u":{},"s":"{}","b":"{}","B":"{}","a":"{}","A":"{}"}}}})",
                     lower[symbol], 40'000'000'000 + id_, upper[symbol], price(), quantity(), price(), quantity());
    } else if (kind < 9) {
      fmt::format_to(
          out,
          R"({{"stream":"{}@trade","data":{{"e":"trade","E":{},"s":"{}","t":{},"p":"{}","q":"{}","T":{},"m":{},"M":true}}}})",
          lower[symbol], ms, upper[symbol], 3'000'000'000 + id_, price(), quantity(), ms, id_ % 2 == 0);
    } else {
      fmt::format_to(
          out,
          R"({{"stream":"{}@aggTrade","data":{{"e":"aggTrade","E":{},"s":"{}","a":{},"p":"{}","q":"{}","f":{},"l":{},"T":{},"m":{},"M":true}}}})",
          lower[symbol], ms, upper[symbol], 2'000'000'000 + id_, price(), quantity(), 3'000'000'000 + id_,
          3'000'000'001 + id_, ms, id_ % 2 == 0);
    }
  }

 private:
  std::string price() { return fmt::format("{}.{:02}000000", 20'000 + random_() % 10'000, random_() % 100); }
  std::string quantity() { return fmt::format("0.{:05}000", random_() % 100'000); }

  std::mt19937_64 random_{1};
  uint64_t id_ = 0;
};

}  // namespace

Frames build_frames(uint64_t total_bytes) {
  Frames frames;
  frames.bytes.reserve(total_bytes + 1024);
  Market market;
  std::string payload;
  while (frames.bytes.size() < total_bytes) {
    payload.clear();
    market.append_next(payload);
    frames.bytes += static_cast<char>(0x81);
    if (payload.size() < 126) {
      frames.bytes += static_cast<char>(payload.size());
    } else {
      frames.bytes += static_cast<char>(126);
      frames.bytes += static_cast<char>(payload.size() >> 8);
      frames.bytes += static_cast<char>(payload.size() & 0xff);
    }
    frames.bytes += payload;
    ++frames.count;
    frames.payload_bytes += payload.size();
  }
  return frames;
}

}  // namespace sluice::bench
