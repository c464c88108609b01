// SPDX-License-Identifier: Apache-2.0
// `when_full: { conflate: KEY }`: while its edge is full, a new record replaces the youngest waiting one of its key, in
// that one's place, so the order of each key holds. A record without the attribute has no key: it replaces nothing and
// nothing replaces it. It starts when the edge fills, breaks the waiting batches into single records, and ends when the
// edge has run empty; an edge that never fills never pays for it.
// Guarded by its queue's lock.
#pragma once
#include <cstdint>
#include <optional>
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
  struct Key {
    uint32_t kind;  ///< a number and a text are never the same
    std::string_view bytes;
    bool operator==(const Key& other) const { return kind == other.kind && bytes == other.bytes; }
  };
  struct Hash {
    size_t operator()(const Key& key) const { return std::hash<std::string_view>()(key.bytes); }
  };
  using Youngest = std::unordered_map<Key, records::HostBatch*, Hash>;

  void begin();
  /// Nothing: the record has no key.
  std::optional<Key> key_of(const records::HostBatch& single) const;
  void note_youngest(records::HostBatch* single);
  bool push_single(records::HostBatch* single, records::HostBatch*& losers);
  static void stand_alone(records::HostBatch& single);

  EdgeQueue& queue_;
  const int32_t slot_;
  bool active_ = false;
  Youngest youngest_;  ///< its keys are views into the batches
};

}  // namespace sluice::engine
