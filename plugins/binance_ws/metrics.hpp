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
  struct OfType {
    Metric gaps_found, gaps_repaired, gaps_permanent;
  };
  std::array<OfType, 3> of_type;  ///< by EventType, without other
  Metric missing_ids, repaired_ids, permanent_ids, repeats, regressions, repair_requests, holds_over;
  Metric open_gaps, open_ids, open_since, held_records, held_bytes;  ///< gauges
  std::array<Metric, cause_count> reconnects;                        ///< by Cause
};

}  // namespace sluice::binance
