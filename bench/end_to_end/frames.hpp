// SPDX-License-Identifier: Apache-2.0
// Websocket frames as the exchange's combined stream sends them, built ahead: 70 % bookTicker, 20 % trade, 10 %
// aggTrade of three symbols or more, in fixed pseudo-random order. Ids of a stream are consecutive, and each aggregate
// folds one trade. Payloads have about 155 bytes on average. The same arguments give the same bytes. For load only:
// prices mean nothing.
#pragma once
#include <cstdint>
#include <optional>
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
    uint32_t stream_index;
    uint64_t id;
  };
  /// Appends the exchange's frame without its websocket header. Of `ms` the record's times are made, and of `id` its
  /// id, which is otherwise the next one of its stream.
  Event append(std::string& to, uint64_t ms, std::optional<uint64_t> id = {});
  size_t streams() const { return next_ids_.size(); }

 private:
  struct Symbol {
    std::string upper;
    std::string quote_stream;
    std::string trade_stream;
    std::string aggregate_stream;
  };

  std::mt19937_64 random_{1};
  std::vector<Symbol> symbols_;
  std::vector<uint64_t> next_ids_;  ///< by stream
};

void append_header(std::string& to, uint64_t payload_bytes);

struct Frames {
  std::string bytes;  ///< whole frames, with their websocket headers
  uint64_t count = 0;
  uint64_t payload_bytes = 0;
  struct Id {
    uint64_t at = 0;  ///< of its first digit
    uint64_t id = 0;
    uint32_t stream_index = 0;
  };
  std::vector<Id> ids;                  ///< each that stands in `bytes`
  std::vector<uint64_t> ids_by_stream;  ///< how many different ones
};

Frames build_frames(uint64_t total_bytes, uint32_t symbols);
/// The same frames as if they had been sent so many times already: with the ids that follow then.
void renew_ids(Frames& frames, uint64_t rounds);

}  // namespace sluice::bench
