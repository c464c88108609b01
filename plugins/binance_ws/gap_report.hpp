// SPDX-License-Identifier: Apache-2.0
// What is said of missing ids: a record for each note by the port `gaps`, counters, and a line in the log. Records wait
// here for credit; nothing is dropped, and who makes more notes asks first how many wait. One thread.
#pragma once
#include <array>
#include <deque>
#include <string>

#include "continuity.hpp"
#include "log_limiter.hpp"
#include "metrics.hpp"
#include "sluice/node.hpp"

namespace sluice::binance {

/// The record's payload.
std::string gap_json(const GapNote& note, int64_t at_ns);

class GapReport {
 public:
  GapReport(Context context, const Metrics& metrics);

  /// `open` as it is behind the notes.
  void take(const std::vector<GapNote>& notes, const Continuity::Open& open);
  /// Emits records as one batch, up to the credit; how many.
  uint64_t emit(const Credit& credit);
  /// Records that wait.
  uint64_t waiting() const { return waiting_records_; }
  bool is_wired() const { return is_wired_; }

 private:
  struct Waiting {
    const Stream* stream;
    std::string payload;
  };
  void count(const GapNote& note) const;
  void log(const GapNote& note);

  Context context_;
  const Metrics& metrics_;
  bool is_wired_;
  int64_t at_ns_ =
      0;  ///< of the record before: no two have the same microsecond, so a table can tell parts of a gap apart
  int32_t stream_slot_, stream_type_slot_, symbol_slot_;
  std::deque<Waiting> waiting_;
  uint64_t waiting_records_ = 0;        ///< its size, which is asked for every frame
  std::array<LogLimiter, 3> limiters_;  ///< by GapNote::What
};

}  // namespace sluice::binance
