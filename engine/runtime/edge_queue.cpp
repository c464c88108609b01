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

/// The producer's core has it: let it come while the batch before is worked on.
void fetch_ahead(const HostBatch& batch) {
  const char* line = reinterpret_cast<const char*>(&batch);
  for (size_t at = 0; at < sizeof batch; at += 64) __builtin_prefetch(line + at, 1);
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

/// Exact at one moment: out only grows, so when it has not moved, both were true together.
uint64_t EdgeQueue::difference(const OwnCounter& in, const OwnCounter& out) {
  for (uint64_t went = out.load();;) {
    const uint64_t came = in.load();
    const uint64_t again = out.load();
    if (again == went) return came - went;
    went = again;
  }
}

/// Never true too early: an old count of what went out only makes the edge look fuller. Whoever asks without the lock
/// may find it moving: what went out is read before what came in, or together with it.
bool EdgeQueue::fits(uint64_t records, uint64_t bytes) const {
  const auto fits_one = [](uint64_t more, uint64_t bound, const OwnCounter& in, const OwnCounter& out,
                           std::atomic<uint64_t>& seen_out) {
    const uint64_t seen = seen_out.load(std::memory_order_acquire);
    if (in.load() - seen + more <= bound) return true;
    seen_out.store(out.load(), std::memory_order_release);
    return difference(in, out) + more <= bound;
  };
  return fits_one(records, bound_.records, in_records_, out_records_, seen_out_records_) &&
         fits_one(bytes, bound_.bytes, in_bytes_, out_bytes_, seen_out_bytes_);
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
  in_records_.add(batch->count);
  in_bytes_.add(batch->queued_bytes);
}

/// What waited and goes another way than out.
void EdgeQueue::take_back_locked(uint64_t records, uint64_t bytes) {
  in_records_.subtract(records);
  in_bytes_.subtract(bytes);
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
    // Both parts have the pins of the whole: without this, each attempt would add some.
    records::compact(*result.rest);
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
  taken_bytes_.add(batch->queued_bytes);
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
        const uint64_t free_records = bound_.records - std::min(bound_.records, waiting_records());
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
    const uint64_t waiting = waiting_records();
    const uint64_t over = waiting + batch.count > bound_.records ? waiting + batch.count - bound_.records : 0;
    const bool bytes_fit = waiting_bytes() + batch.queued_bytes <= bound_.bytes;
    if (bytes_fit && over < oldest->count) {
      HostBatch* lost = records::cut(*oldest, static_cast<uint32_t>(over));
      take_back_locked(over, 0);
      prepend(result.losers, lost);
      continue;
    }
    pop_front_locked();
    take_back_locked(oldest->count, oldest->queued_bytes);
    prepend(result.losers, oldest);
  }
  while (markers != nullptr) {
    HostBatch* marker = std::exchange(markers, markers->next);
    marker->next = head_;
    head_ = marker;
    if (tail_ == nullptr) tail_ = marker;
  }
}

void EdgeQueue::push_flush_marker(uint32_t why) {
  HostBatch* marker = records::new_batch(0, 0);
  marker->is_flush_marker = true;
  marker->flush_reason = static_cast<uint8_t>(why);
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
        count_out(*taken_);
      }
    }
  }
  HostBatch* batch = taken_;
  if (batch == nullptr) {
    tell_room();
    return nullptr;
  }
  taken_ = batch->next;
  batch->next = nullptr;
  if (taken_ != nullptr) fetch_ahead(*taken_);
  if (batch->count > 0) {
    if (!pops_singly()) count_out(*batch);
    may_have_untold_room_ = true;
    // A producer that began to wait just now is found by tell_room().
    if (producer_waits_.load(std::memory_order_relaxed) != 0 && is_half_empty()) wake_producers();
  }
  return batch;
}

bool EdgeQueue::is_marker_next() {
  if (taken_ != nullptr) return taken_->is_flush_marker;
  const std::lock_guard lock(mutex_);
  return head_ != nullptr && head_->is_flush_marker;
}

void EdgeQueue::tell_room() {
  if (!std::exchange(may_have_untold_room_, false)) return;
  // A locked step between counting out and looking: of this one and ask_for_wake() the later sees the earlier.
  const bool producer_waits = producer_waits_.fetch_or(0, std::memory_order_seq_cst) != 0;
  if (producer_waits && is_half_empty()) wake_producers();
}

bool EdgeQueue::is_half_empty() const {
  return waiting_records() <= bound_.records / 2 && waiting_bytes() <= bound_.bytes / 2;
}

void EdgeQueue::count_out(const HostBatch& batch) {
  out_records_.add(batch.count);
  out_bytes_.add(batch.queued_bytes);
}

void EdgeQueue::wake_producers() {
  producer_waits_.store(0, std::memory_order_seq_cst);
  for (Waker* producer : producers_) producer->wake();
}

}  // namespace sluice::engine
