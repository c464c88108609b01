// SPDX-License-Identifier: Apache-2.0
// For how long, and in how much memory, live events are held back while ids before them are repaired.
#pragma once
#include <cstdint>

namespace sluice::binance {

struct HoldLimits {
  int64_t time_ns = 0;
  uint64_t bytes = 0;
};

}  // namespace sluice::binance
