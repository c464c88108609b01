// SPDX-License-Identifier: Apache-2.0
// The one place that reads the clock for the market and REST.
#pragma once
#include "feed.hpp"

namespace sluice::sim {

inline Now clock_now() {
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::steady_clock::now(), std::chrono::duration_cast<std::chrono::milliseconds>(wall).count()};
}

}  // namespace sluice::sim
