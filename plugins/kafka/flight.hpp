// SPDX-License-Identifier: Apache-2.0
// A batch on its way into the topic: how many of its records are with librdkafka, which failed, which are refused.
// Slots of a fixed table, so that a record's delivery report finds its batch by a number (no allocation per record).
// One thread at a time produces from a flight; delivery reports come in on another. `open` orders the two: whoever
// brings it to zero may look at the rest.
#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "sluice/settle.hpp"

namespace sluice::kafka {

struct Flight {
  struct Failed {
    uint32_t record;
    bool alone;  ///< the cluster refused the set it was in: to be tried alone
  };

  Batch batch;
  uint64_t sequence = 0;          ///< order of arrival
  uint32_t next = 0;              ///< the first record not yet produced
  std::atomic<uint32_t> open{0};  ///< with librdkafka; one more while somebody produces
  std::vector<Failed> failed;     ///< to be produced again, before `next`
  std::vector<Refused> refused;
  std::vector<Refused> refused_here;  ///< by the producing thread, which may not touch `refused`

  void sort_failed();
  bool is_done() const { return next == batch.size() && failed.empty(); }
};

class FlightTable {
 public:
  explicit FlightTable(size_t slots) : flights_(slots) {
    for (size_t i = slots; i > 0; --i) free_.push_back(static_cast<uint32_t>(i - 1));
  }
  FlightTable(const FlightTable&) = delete;

  Flight& operator[](uint32_t slot) { return flights_[slot]; }
  /// A slot for this batch, as one for which nothing was produced; nothing when all are taken.
  std::optional<uint32_t> take(Batch& batch);
  /// The slot is free again; the batch is the caller's to settle.
  Batch release(uint32_t slot);
  /// Slots that hold a batch, oldest first.
  std::vector<uint32_t> in_order();

  /// What librdkafka carries for each record.
  static void* opaque(uint32_t slot, uint32_t record) {
    return reinterpret_cast<void*>((uint64_t{slot} << 32) | record);
  }
  static uint32_t slot_of(const void* opaque) {
    return static_cast<uint32_t>(reinterpret_cast<uint64_t>(opaque) >> 32);
  }
  static uint32_t record_of(const void* opaque) { return static_cast<uint32_t>(reinterpret_cast<uint64_t>(opaque)); }

 private:
  std::mutex mutex_;
  std::vector<Flight> flights_;
  std::vector<uint32_t> free_;
  uint64_t next_sequence_ = 1;
};

}  // namespace sluice::kafka
