// SPDX-License-Identifier: Apache-2.0
// A buffered edge: the bounded hand-over from one stage (for dead letters: from several) to another.
// The bound is hard, in records and in pinned bytes: a push past it cannot succeed. What gives way is the edge's
// when_full. Nothing is settled here: records that lose are handed back to the caller. Never allocates per record while
// there is room. Producers: any stage thread; consumer: one stage thread.
#pragma once
#include <pthread.h>

#include <atomic>
#include <memory>
#include <vector>

#include "graph/plan.hpp"
#include "records/batch.hpp"
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
  void push_flush_marker();

  /// The next batch or marker, or null. Consumer only.
  records::HostBatch* pop();

  /// Whether a push of some size could succeed; always true of edges that drop or conflate.
  bool has_room() const;
  Bound room() const;
  /// A pop wakes the producers once the edge is half empty, so that they find work for more than one batch; ask
  /// has_room() again after.
  void ask_for_wake() { producer_waits_.store(true, std::memory_order_seq_cst); }

  uint64_t waiting_records() const { return records_.load(std::memory_order_relaxed); }
  /// Of all batches that were handed over and not given back, as the bound counts them.
  uint64_t taken_bytes() const { return taken_bytes_.load(std::memory_order_relaxed); }
  uint64_t waiting_bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  friend class Conflater;
  bool fits(uint64_t records, uint64_t bytes) const;
  bool always_has_room() const { return when_full_ != WhenFull::block; }
  bool pops_singly() const { return when_full_ == WhenFull::drop_oldest || when_full_ == WhenFull::conflate; }
  bool is_half_empty() const;
  void subtract(const records::HostBatch& batch);
  void append_locked(records::HostBatch* batch);
  records::HostBatch* pop_front_locked();
  void push_one(records::HostBatch* batch, Pushed& result);
  void make_room_locked(const records::HostBatch& batch, Pushed& result);
  void wake_producers();

  const Bound bound_;
  const WhenFull when_full_;
  Waker* consumer_ = nullptr;
  std::vector<Waker*> producers_;
  std::unique_ptr<Conflater> conflater_;  ///< guarded by mutex_

  BriefMutex mutex_;
  records::HostBatch* head_ = nullptr;    ///< guarded by mutex_
  records::HostBatch* tail_ = nullptr;    ///< guarded by mutex_
  std::atomic<uint64_t> taken_bytes_{0};  ///< written under mutex_

  alignas(64) std::atomic<uint64_t> records_{0};
  std::atomic<uint64_t> bytes_{0};
  std::atomic<bool> producer_waits_{false};
  alignas(64) records::HostBatch* taken_ = nullptr;  ///< the consumer's: still counted as waiting
};

}  // namespace sluice::engine
