// SPDX-License-Identifier: Apache-2.0
// Websocket frames as the exchange's combined stream sends them, built ahead: 70 % bookTicker, 20 % trade, 10 %
// aggTrade of three symbols, in fixed pseudo-random order with rising ids. Payloads have about 155 bytes on average.
// The same arguments give the same bytes. For load only: prices mean nothing.
#pragma once
#include <cstdint>
#include <string>

namespace sluice::bench {

struct Frames {
  std::string bytes;  ///< whole frames, with their websocket headers
  uint64_t count = 0;
  uint64_t payload_bytes = 0;
};

Frames build_frames(uint64_t total_bytes);

}  // namespace sluice::bench
