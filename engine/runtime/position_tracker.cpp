// SPDX-License-Identifier: Apache-2.0
#include "runtime/position_tracker.hpp"

#include <algorithm>

namespace sluice::engine {

PositionTracker::~PositionTracker() {
  // Nodes are closed and stages have ended: nobody is left who could settle these.
  for (records::SourceBatch* batch : batches_) delete batch;
}

void PositionTracker::enter(records::SourceBatch* batch) {
  entered_records_ += batch->records();
  batch->through = entered_records_;
  batches_.push_back(batch);
  ++open_;
}

void PositionTracker::settle(records::SourceBatch* batch) {
  batch->done = true;
  --open_;
  while (!batches_.empty() && batches_.front()->done) {
    records::SourceBatch* front = batches_.front();
    batches_.pop_front();
    if (front->holds_position()) is_held_ = true;
    if (!is_held_) {
      position_ = std::max(position_, front->end);
      passed_records_ = front->through;
    }
    delete front;
  }
  if (batches_.size() > 4 * open_ + spare) merge_settled();
}

/// Neighbours that have settled become one: at most two are left behind each open one, of which the second has failed.
/// As that leaves less than what brings this on, it costs little for each batch that settles.
void PositionTracker::merge_settled() {
  auto last = batches_.begin();  // open, as ever
  for (auto it = last + 1; it != batches_.end(); ++it) {
    records::SourceBatch* batch = *it;
    // No position moves over what has failed, nor over anything behind it.
    if ((*last)->done && batch->done && ((*last)->holds_position() || !batch->holds_position())) {
      (*last)->end = std::max((*last)->end, batch->end);
      (*last)->through = batch->through;
      delete batch;
    } else {
      *++last = batch;
    }
  }
  batches_.erase(last + 1, batches_.end());
}

std::optional<int64_t> PositionTracker::oldest_ns() const {
  if (batches_.empty()) return std::nullopt;
  return batches_.front()->created_ns();
}

}  // namespace sluice::engine
