// SPDX-License-Identifier: Apache-2.0
// Where a partition of a replayable source may be committed up to. Source batches enter in the order of their ranges
// and settle in any; the position moves only over a prefix of settled ones, by whole batches, and never past one with a
// failed part. The only place in the engine where positions move. What it keeps is bounded by what is open, however
// much settles behind a batch that is not. Not thread-safe: its account's lock guards it.
#pragma once
#include <cstdint>
#include <deque>
#include <optional>

#include "records/account.hpp"

namespace sluice::engine {

class PositionTracker {
 public:
  explicit PositionTracker(int64_t position) : position_(position) {}
  ~PositionTracker();
  PositionTracker(const PositionTracker&) = delete;
  PositionTracker& operator=(const PositionTracker&) = delete;

  /// A batch is on its way. Its range begins where the last one ended or later (compacted topics have holes).
  void enter(records::SourceBatch* batch);
  /// A batch that entered has settled, and may be gone after this.
  void settle(records::SourceBatch* batch);

  /// Everything before it has settled.
  int64_t position() const { return position_; }
  /// How many records the position has moved over.
  uint64_t passed_records() const { return passed_records_; }
  bool idle() const { return batches_.empty(); }
  /// When the oldest batch that is still open was emitted (monotonic).
  std::optional<int64_t> oldest_ns() const;
  /// Batches in memory: those that are open, and never more than three settled ones for each of them and `spare` more.
  size_t kept() const { return batches_.size(); }
  static constexpr size_t spare = 64;

 private:
  void merge_settled();

  std::deque<records::SourceBatch*> batches_;  ///< the first one is open
  size_t open_ = 0;
  uint64_t entered_records_ = 0;
  uint64_t passed_records_ = 0;
  int64_t position_;
  bool is_held_ = false;  ///< a failed batch stands at the front: the position stays for ever
};

}  // namespace sluice::engine
