// SPDX-License-Identifier: Apache-2.0
// Where a partition of a replayable source may be committed up to. Source batches enter in the order of their ranges
// and settle in any; the position moves only over a prefix of settled ones, by whole batches, and never past one with a
// failed part. The only place in the engine where positions move. Not thread-safe: its account's lock guards it.
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
  void enter(records::SourceBatch* batch) { open_.push_back(batch); }
  /// A batch that entered has settled; it is deleted as soon as nothing before it is open. Gives how many records the
  /// position moved over by that.
  uint64_t settle(records::SourceBatch* batch);

  /// Everything before it has settled.
  int64_t position() const { return position_; }
  bool idle() const { return open_.empty(); }
  /// When the oldest batch that is still open was emitted (monotonic).
  std::optional<int64_t> oldest_ns() const;

 private:
  std::deque<records::SourceBatch*> open_;
  int64_t position_;
  bool is_held_ = false;  ///< a failed batch stands at the front: the position stays for ever
};

}  // namespace sluice::engine
