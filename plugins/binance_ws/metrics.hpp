// SPDX-License-Identifier: Apache-2.0
// The counters of a `binance_ws` node, registered once at open. Adding is cheap enough for once a read, not for once a
// frame.
#pragma once
#include <array>

#include "cause.hpp"
#include "sluice/context.hpp"

namespace sluice::binance {

struct Metrics {
  explicit Metrics(Context context);

  Metric frames, bytes, pings, connections, malformed, malformed_discarded, unknown_streams, control_replies,
      server_shutdowns, gaps;
  std::array<Metric, cause_count> reconnects;  ///< by Cause
};

}  // namespace sluice::binance
