// SPDX-License-Identifier: Apache-2.0
// `when_full: { conflate: KEY }`: while its edge is full, a new record replaces the youngest waiting one of its key, in
// that one's place, so the order of each key holds. It starts when the edge fills, breaks the waiting batches into
// single records, and ends when the edge has run empty; an edge that never fills never pays for it.
// Guarded by its queue's lock.
#pragma once
#include <string_view>
#include <unordered_map>

#include "records/batch.hpp"

namespace sluice::engine {

class EdgeQueue;

class Conflater {
 public:
  Conflater(EdgeQueue& queue, int32_t slot) : queue_(queue), slot_(slot) {}
  bool active() const { return active_; }
  /// Takes the batch; returns the records from the first on that neither fit nor replace one, or null.
  records::HostBatch* push(records::HostBatch* take, records::HostBatch*& losers);
  records::HostBatch* pop();

 private:
  static constexpr uint32_t pop_records_most = 512;
  void begin();
  std::string_view key_of(const records::HostBatch& single) const;
  bool push_single(records::HostBatch* single, records::HostBatch*& losers);

  EdgeQueue& queue_;
  const int32_t slot_;
  bool active_ = false;
  std::unordered_map<std::string_view, records::HostBatch*> youngest_;  ///< keys are views into the batches
};

}  // namespace sluice::engine
