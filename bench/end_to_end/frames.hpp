// SPDX-License-Identifier: Apache-2.0
// Websocket frames as the exchange's combined stream sends them, built ahead: 70 % bookTicker, 20 % trade, 10 %
// aggTrade of three symbols or more, in fixed pseudo-random order with rising ids. Payloads have about 155 bytes on
// average.
// The same arguments give the same bytes. For load only: prices mean nothing.
#pragma once
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::bench {

/// One event after the other, of a pseudo-random stream, symbol, price and quantity. Never the same twice.
class Market {
 public:
  /// BTCUSDT, ETHUSDT, BNBUSDT; those after them are called X3USDT, X4USDT and so on.
  explicit Market(uint32_t symbols = 3);

  struct Event {
    std::string_view stream;
    std::string_view symbol;
    uint32_t symbol_index;
    bool is_quote;
  };
  /// Appends the exchange's frame without its websocket header. Of `id` the record's id is made, of `ms` its times.
  Event append(std::string& to, uint64_t id, uint64_t ms);

 private:
  struct Symbol {
    std::string upper;
    std::string quote_stream;
    std::string trade_stream;
    std::string aggregate_stream;
  };

  std::mt19937_64 random_{1};
  std::vector<Symbol> symbols_;
};

void append_header(std::string& to, uint64_t payload_bytes);

struct Frames {
  std::string bytes;  ///< whole frames, with their websocket headers
  uint64_t count = 0;
  uint64_t payload_bytes = 0;
};

Frames build_frames(uint64_t total_bytes, uint32_t symbols);

}  // namespace sluice::bench
