// SPDX-License-Identifier: Apache-2.0
// A buffered edge: the bounded hand-over from one stage (for dead letters: from several) to another.
// The bound is hard, in records and in pinned bytes: a push past it cannot succeed. What gives way is the edge's
// when_full. Nothing is settled here: records that lose are handed back to the caller. Never allocates per record while
// there is room. Producers: any stage thread; consumer: one stage thread. The two sides count apart, each on cache
// lines of its own: what came in, and what went out.
#pragma once
#include <pthread.h>

#include <atomic>
#include <memory>
#include <vector>

#include "graph/plan.hpp"
#include "records/batch.hpp"
#include "runtime/own_counter.hpp"
#include "runtime/waker.hpp"

namespace sluice::engine {

/// A mutex that spins a little before it sleeps: the sections it guards are tens of nanoseconds long.
class BriefMutex {
 public:
  BriefMutex();
  ~BriefMutex() { pthread_mutex_destroy(&mutex_); }
  BriefMutex(const BriefMutex&) = delete;
  BriefMutex& operator=(const BriefMutex&) = delete;
  void lock() { pthread_mutex_lock(&mutex_); }
  void unlock() { pthread_mutex_unlock(&mutex_); }

 private:
  pthread_mutex_t mutex_;
};

class Conflater;

class EdgeQueue {
 public:
  EdgeQueue(Bound bound, WhenFull when_full, int32_t conflate_slot);
  ~EdgeQueue();
  EdgeQueue(const EdgeQueue&) = delete;
  EdgeQueue& operator=(const EdgeQueue&) = delete;

  void set_consumer(Waker* consumer) { consumer_ = consumer; }
  void add_producer(Waker* producer) { producers_.push_back(producer); }

  struct Pushed {
    records::HostBatch* rest = nullptr;       ///< found no room: to be parked and pushed again; only of block, conflate
    records::HostBatch* losers = nullptr;     ///< list by `next`: discarded by when_full
    records::HostBatch* too_large = nullptr;  ///< list by `next`: single records larger than the bound in bytes
  };
  /// Takes a batch with at least one record.
  Pushed push(records::HostBatch* take);
  /// Markers count for nothing and always find room.
  void push_flush_marker(uint32_t why);

  /// The next batch or marker, or null. Consumer only.
  records::HostBatch* pop();
  /// Whether the next pop gives a marker. Consumer only.
  bool is_marker_next();
  /// Pops may have made room that no producer was told of: to be called before the consumer turns to other things.
  /// Consumer only.
  void tell_room();

  /// Whether a push of some size could succeed; always true of edges that drop or conflate.
  bool has_room() const;
  Bound room() const;
  /// A pop wakes the producers once the edge is half empty, so that they find work for more than one batch; ask
  /// has_room() again after.
  void ask_for_wake() { producer_waits_.exchange(1, std::memory_order_seq_cst); }

  uint64_t waiting_records() const { return difference(in_records_, out_records_); }
  uint64_t waiting_bytes() const { return difference(in_bytes_, out_bytes_); }
  /// Of all batches that were handed over and not given back, as the bound counts them.
  uint64_t taken_bytes() const { return taken_bytes_.load(); }

 private:
  friend class Conflater;
  bool fits(uint64_t records, uint64_t bytes) const;
  bool always_has_room() const { return when_full_ != WhenFull::block; }
  bool pops_singly() const { return when_full_ == WhenFull::drop_oldest || when_full_ == WhenFull::conflate; }
  bool is_half_empty() const;
  void count_out(const records::HostBatch& batch);
  static uint64_t difference(const OwnCounter& in, const OwnCounter& out);
  void append_locked(records::HostBatch* batch);
  void take_back_locked(uint64_t records, uint64_t bytes);
  records::HostBatch* pop_front_locked();
  void push_one(records::HostBatch* batch, Pushed& result);
  void make_room_locked(const records::HostBatch& batch, Pushed& result);
  void wake_producers();

  const Bound bound_;
  const WhenFull when_full_;
  Waker* consumer_ = nullptr;
  std::vector<Waker*> producers_;
  std::unique_ptr<Conflater> conflater_;  ///< guarded by mutex_

  alignas(64) BriefMutex mutex_;
  records::HostBatch* head_ = nullptr;  ///< guarded by mutex_
  records::HostBatch* tail_ = nullptr;  ///< guarded by mutex_

  // The producers': written under mutex_, what waits is this less what went out.
  alignas(64) OwnCounter in_records_;
  OwnCounter in_bytes_;
  OwnCounter taken_bytes_;
  // What producers last saw of the consumer's counters, which they fetch only when this leaves no room.
  mutable std::atomic<uint64_t> seen_out_records_{0};
  mutable std::atomic<uint64_t> seen_out_bytes_{0};

  // The consumer's.
  alignas(64) OwnCounter out_records_;
  OwnCounter out_bytes_;
  records::HostBatch* taken_ = nullptr;  ///< still counted as waiting
  bool may_have_untold_room_ = false;
  std::atomic<uint32_t> producer_waits_{0};
};

}  // namespace sluice::engine
