// SPDX-License-Identifier: Apache-2.0
// `when_full: { conflate: KEY }`: while its edge is full, a new record replaces the youngest waiting one of its key, in
// that one's place, so the order of each key holds. It starts when the edge fills, breaks the waiting batches into
// single records, and ends when the edge has run empty; an edge that never fills never pays for it.
// Guarded by its queue's lock.
#pragma once
#include <string_view>
#include <unordered_map>

#include "records/batch.hpp"
#include "runtime/edge_queue.hpp"

namespace sluice::engine {

class Conflater {
 public:
  Conflater(EdgeQueue& queue, int32_t slot) : queue_(queue), slot_(slot) {}
  bool active() const { return active_; }
  /// Takes the batch; `rest` are the records from the first on that neither fit nor replace one.
  void push(records::HostBatch* take, EdgeQueue::Pushed& result);
  records::HostBatch* pop();
  /// What the batch's records need when each stands for itself.
  static uint64_t own_bytes(const records::HostBatch& batch);

 private:
  static constexpr uint32_t pop_records_most = 512;
  void begin();
  std::string_view key_of(const records::HostBatch& single) const;
  bool push_single(records::HostBatch* single, records::HostBatch*& losers);
  static void stand_alone(records::HostBatch& single);

  EdgeQueue& queue_;
  const int32_t slot_;
  bool active_ = false;
  std::unordered_map<std::string_view, records::HostBatch*> youngest_;  ///< keys are views into the batches
};

}  // namespace sluice::engine
