// SPDX-License-Identifier: Apache-2.0
#include "runtime/edge_queue.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

#include "runtime/conflater.hpp"

namespace sluice::engine {
namespace {

using records::HostBatch;

void prepend(HostBatch*& list, HostBatch* batch) {
  batch->next = list;
  list = batch;
}

/// Cuts a batch into pieces that an empty edge can hold; a record that alone is larger goes to `too_large`.
template <typename F>
void for_each_piece(HostBatch* take, const Bound& bound, HostBatch*& too_large, F&& each) {
  while (take != nullptr) {
    HostBatch* piece = take;
    take = nullptr;
    if (piece->count > bound.records) {
      HostBatch* head = records::cut(*piece, static_cast<uint32_t>(bound.records));
      take = piece;
      piece = head;
    }
    records::compact(*piece);
    while (records::pinned_bytes(*piece) > bound.bytes) {
      // Sharing a large buffer counts it whole: first try the records' own bytes.
      records::compact_all(*piece);
      if (records::pinned_bytes(*piece) <= bound.bytes) break;
      if (piece->count == 1) {
        prepend(too_large, piece);
        piece = nullptr;
        break;
      }
      HostBatch* head = records::cut(*piece, piece->count / 2);
      if (take != nullptr) {
        records::merge_take(*piece, take);
      }
      take = piece;
      piece = head;
    }
    if (piece != nullptr) each(piece, take);
  }
}

}  // namespace

BriefMutex::BriefMutex() {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ADAPTIVE_NP);
  pthread_mutex_init(&mutex_, &attributes);
  pthread_mutexattr_destroy(&attributes);
}

EdgeQueue::EdgeQueue(Bound bound, WhenFull when_full, int32_t conflate_slot) : bound_(bound), when_full_(when_full) {
  if (when_full == WhenFull::conflate) conflater_ = std::make_unique<Conflater>(*this, conflate_slot);
}

EdgeQueue::~EdgeQueue() {
  for (HostBatch* list : {taken_, head_}) {
    while (list != nullptr) records::free_take(std::exchange(list, list->next));
  }
}

bool EdgeQueue::fits(uint64_t records, uint64_t bytes) const {
  return records_.load(std::memory_order_seq_cst) + records <= bound_.records &&
         bytes_.load(std::memory_order_seq_cst) + bytes <= bound_.bytes;
}

bool EdgeQueue::has_room() const { return always_has_room() || fits(1, 1); }

Bound EdgeQueue::room() const {
  if (always_has_room()) return bound_;
  return {bound_.records - std::min(bound_.records, waiting_records()),
          bound_.bytes - std::min(bound_.bytes, waiting_bytes())};
}

void EdgeQueue::append_locked(HostBatch* batch) {
  batch->next = nullptr;
  (head_ == nullptr ? head_ : tail_->next) = batch;
  tail_ = batch;
  records_.fetch_add(batch->count, std::memory_order_seq_cst);
  bytes_.fetch_add(batch->queued_bytes, std::memory_order_seq_cst);
}

HostBatch* EdgeQueue::pop_front_locked() {
  HostBatch* batch = head_;
  if (batch == nullptr) return nullptr;
  head_ = batch->next;
  if (head_ == nullptr) tail_ = nullptr;
  return batch;
}

EdgeQueue::Pushed EdgeQueue::push(HostBatch* take) {
  Pushed result;
  for_each_piece(take, bound_, result.too_large, [&](HostBatch* piece, HostBatch*& remaining) {
    push_one(piece, result);
    if (result.rest == nullptr || remaining == nullptr) return;
    // Order: what comes behind a parked piece parks with it.
    records::merge_take(*result.rest, std::exchange(remaining, nullptr));
  });
  if (consumer_ != nullptr) consumer_->wake();
  return result;
}

void EdgeQueue::push_one(HostBatch* batch, Pushed& result) {
  batch->queued_bytes = records::pinned_bytes(*batch);
  // A batch that conflating breaks up must not need more then than it counts for now.
  if (conflater_ != nullptr) batch->queued_bytes = std::max(batch->queued_bytes, Conflater::own_bytes(*batch));
  const std::lock_guard lock(mutex_);
  const bool has_no_room = !fits(batch->count, batch->queued_bytes);
  if (has_no_room && when_full_ == WhenFull::block) {
    result.rest = batch;
    return;
  }
  taken_bytes_.store(taken_bytes_.load(std::memory_order_relaxed) + batch->queued_bytes, std::memory_order_relaxed);
  if (conflater_ != nullptr && conflater_->active()) {
    conflater_->push(batch, result);
    return;
  }
  if (has_no_room) {
    switch (when_full_) {
      case WhenFull::block:
        return;
      case WhenFull::conflate:
        conflater_->push(batch, result);
        return;
      case WhenFull::drop_newest: {
        const uint64_t waiting = records_.load(std::memory_order_seq_cst);
        const uint64_t free_records = bound_.records - std::min(bound_.records, waiting);
        HostBatch* kept = nullptr;
        if (free_records > 0 && free_records < batch->count) {
          kept = records::cut(*batch, static_cast<uint32_t>(free_records));
          records::compact(*kept);
          kept->queued_bytes = records::pinned_bytes(*kept);
          if (fits(kept->count, kept->queued_bytes)) {
            append_locked(kept);
          } else {
            prepend(result.losers, kept);
          }
        }
        prepend(result.losers, batch);
        return;
      }
      case WhenFull::drop_oldest:
        make_room_locked(*batch, result);
        if (!fits(batch->count, batch->queued_bytes)) {
          // Nothing is left that could give way.
          prepend(result.losers, batch);
          return;
        }
        break;
    }
  }
  append_locked(batch);
}

void EdgeQueue::make_room_locked(const HostBatch& batch, Pushed& result) {
  HostBatch* markers = nullptr;
  while (head_ != nullptr && !fits(batch.count, batch.queued_bytes)) {
    HostBatch* oldest = head_;
    if (oldest->is_flush_marker) {
      prepend(markers, pop_front_locked());
      continue;
    }
    const uint64_t waiting = records_.load(std::memory_order_seq_cst);
    const uint64_t over = waiting + batch.count > bound_.records ? waiting + batch.count - bound_.records : 0;
    const bool bytes_fit = bytes_.load(std::memory_order_seq_cst) + batch.queued_bytes <= bound_.bytes;
    if (bytes_fit && over < oldest->count) {
      HostBatch* lost = records::cut(*oldest, static_cast<uint32_t>(over));
      records_.fetch_sub(over, std::memory_order_seq_cst);
      prepend(result.losers, lost);
      continue;
    }
    pop_front_locked();
    records_.fetch_sub(oldest->count, std::memory_order_seq_cst);
    bytes_.fetch_sub(oldest->queued_bytes, std::memory_order_seq_cst);
    prepend(result.losers, oldest);
  }
  while (markers != nullptr) {
    HostBatch* marker = std::exchange(markers, markers->next);
    marker->next = head_;
    head_ = marker;
    if (tail_ == nullptr) tail_ = marker;
  }
}

void EdgeQueue::push_flush_marker() {
  HostBatch* marker = records::new_batch(0, 0);
  marker->is_flush_marker = true;
  {
    const std::lock_guard lock(mutex_);
    append_locked(marker);
  }
  if (consumer_ != nullptr) consumer_->wake();
}

HostBatch* EdgeQueue::pop() {
  if (taken_ == nullptr) {
    const std::lock_guard lock(mutex_);
    if (!pops_singly()) {
      taken_ = head_;
      head_ = tail_ = nullptr;
    } else {
      taken_ = conflater_ != nullptr && conflater_->active() ? conflater_->pop() : pop_front_locked();
      if (taken_ != nullptr) {
        taken_->next = nullptr;
        // Under the lock: whoever makes room must not drop a newer record for one that has left already.
        subtract(*taken_);
      }
    }
  }
  HostBatch* batch = taken_;
  if (batch == nullptr) return nullptr;
  taken_ = batch->next;
  batch->next = nullptr;
  if (batch->count > 0) {
    if (!pops_singly()) subtract(*batch);
    if (producer_waits_.load(std::memory_order_seq_cst) && is_half_empty()) wake_producers();
  }
  return batch;
}

bool EdgeQueue::is_half_empty() const {
  return records_.load(std::memory_order_seq_cst) <= bound_.records / 2 &&
         bytes_.load(std::memory_order_seq_cst) <= bound_.bytes / 2;
}

void EdgeQueue::subtract(const HostBatch& batch) {
  records_.fetch_sub(batch.count, std::memory_order_seq_cst);
  bytes_.fetch_sub(batch.queued_bytes, std::memory_order_seq_cst);
}

void EdgeQueue::wake_producers() {
  producer_waits_.store(false, std::memory_order_seq_cst);
  for (Waker* producer : producers_) producer->wake();
}

}  // namespace sluice::engine
