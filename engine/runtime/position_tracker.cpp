// SPDX-License-Identifier: Apache-2.0
#include "runtime/position_tracker.hpp"

#include <algorithm>

namespace sluice::engine {

PositionTracker::~PositionTracker() {
  // Nodes are closed and stages have ended: nobody is left who could settle these.
  for (records::SourceBatch* batch : open_) delete batch;
}

uint64_t PositionTracker::settle(records::SourceBatch* batch) {
  batch->done = true;
  uint64_t moved_over = 0;
  while (!open_.empty() && open_.front()->done) {
    records::SourceBatch* front = open_.front();
    open_.pop_front();
    if (front->failed()) is_held_ = true;
    if (!is_held_) {
      position_ = std::max(position_, front->end);
      moved_over += front->records();
    }
    delete front;
  }
  return moved_over;
}

std::optional<int64_t> PositionTracker::oldest_ns() const {
  if (open_.empty()) return std::nullopt;
  return open_.front()->created_ns();
}

}  // namespace sluice::engine
