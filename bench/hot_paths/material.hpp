// SPDX-License-Identifier: Apache-2.0
// What the hot paths work on: 64 KiB of the exchange's frames, about as many as one read of the socket brings, and the
// records that they become. The same bytes in every run. Made outside of any meter.
#pragma once
#include <string>
#include <vector>

#include "../end_to_end/frames.hpp"
#include "graph/plan.hpp"
#include "records/batch.hpp"
#include "stream_table.hpp"

namespace sluice::bench {

/// 64 readable bytes lie behind.
const Frames& exchange_frames();
/// The nine streams of those frames.
binance::StreamTable exchange_streams();

/// The attributes that `binance_ws` provides; a batch made here has its values in this order.
const std::vector<engine::PlanAttribute>& exchange_attributes();
/// The frames' records as `binance_ws` makes them, or the first of them, without a token. All view one buffer.
records::HostBatch* make_batch();
records::HostBatch* make_batch(uint32_t records);

/// Payloads as they lie in the log, stamped: those of bookTicker, or the others. 64 readable bytes lie behind each.
class Payloads {
 public:
  explicit Payloads(bool quotes);
  Payloads(const Payloads&) = delete;
  std::vector<sluice_record>& records() { return records_; }

 private:
  std::string bytes_;
  std::vector<sluice_record> records_;
};

}  // namespace sluice::bench
