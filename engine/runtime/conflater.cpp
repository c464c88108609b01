// SPDX-License-Identifier: Apache-2.0
#include "runtime/conflater.hpp"

#include <utility>

#include "runtime/edge_queue.hpp"

namespace sluice::engine {

using records::HostBatch;

std::string_view Conflater::key_of(const HostBatch& single) const {
  const sluice_value& value = records::values_of(single.at(0))[slot_];
  if (value.kind == SLUICE_VALUE_TEXT) return {value.as.text, value.size};
  if (value.kind == SLUICE_ABSENT) return {};
  return {reinterpret_cast<const char*>(&value.as.integer), sizeof value.as.integer};
}

void Conflater::begin() {
  active_ = true;
  youngest_.clear();
  HostBatch* list = std::exchange(queue_.head_, nullptr);
  queue_.tail_ = nullptr;
  while (list != nullptr) {
    HostBatch* batch = std::exchange(list, list->next);
    queue_.records_.fetch_sub(batch->count);
    queue_.bytes_.fetch_sub(batch->queued_bytes);
    while (batch != nullptr) {
      HostBatch* single = batch->count > 1 ? records::cut(*batch, 1) : std::exchange(batch, nullptr);
      if (single->count > 0) {
        // Each single stands for itself from here: it must not keep its old neighbours' buffer alive.
        records::compact_all(*single);
        single->queued_bytes = records::pinned_bytes(*single);
        youngest_.erase(key_of(*single));
        youngest_.emplace(key_of(*single), single);
      }
      queue_.append_locked(single);
    }
  }
}

bool Conflater::push_single(HostBatch* single, HostBatch*& losers) {
  records::compact_all(*single);
  single->queued_bytes = records::pinned_bytes(*single);
  const std::string_view key = key_of(*single);
  const auto found = youngest_.find(key);
  if (queue_.fits(1, single->queued_bytes)) {
    if (found != youngest_.end()) youngest_.erase(found);
    youngest_.emplace(key, single);
    queue_.append_locked(single);
    return true;
  }
  if (found == youngest_.end()) return false;
  HostBatch* old = found->second;
  const uint64_t bytes_after = queue_.waiting_bytes() - old->queued_bytes + single->queued_bytes;
  if (bytes_after > queue_.bound_.bytes) return false;
  youngest_.erase(found);
  // The new record takes the old one's place in the list: their contents change places.
  std::swap(static_cast<sluice_batch&>(*old), static_cast<sluice_batch&>(*single));
  std::swap(old->runs, single->runs);
  std::swap(old->pinned, single->pinned);
  old->buffers = old->pinned.data();
  single->buffers = single->pinned.data();
  queue_.bytes_.fetch_add(single->queued_bytes);
  queue_.bytes_.fetch_sub(old->queued_bytes);
  std::swap(old->queued_bytes, single->queued_bytes);
  youngest_.emplace(key_of(*old), old);
  single->next = losers;
  losers = single;
  return true;
}

HostBatch* Conflater::push(HostBatch* take, HostBatch*& losers) {
  if (!active_) begin();
  while (take->count > 1) {
    HostBatch* single = records::cut(*take, 1);
    if (!push_single(single, losers)) {
      records::merge_take(*single, take);
      return single;
    }
  }
  return push_single(take, losers) ? nullptr : take;
}

HostBatch* Conflater::pop() {
  HostBatch* batch = nullptr;
  while (queue_.head_ != nullptr && (batch == nullptr || batch->count < pop_records_most)) {
    if (queue_.head_->is_flush_marker && batch != nullptr) break;
    HostBatch* single = queue_.pop_front_locked();
    if (single->is_flush_marker) return single;
    const auto found = youngest_.find(key_of(*single));
    if (found != youngest_.end() && found->second == single) youngest_.erase(found);
    if (batch == nullptr) {
      batch = single;
    } else {
      const uint64_t bytes = batch->queued_bytes + single->queued_bytes;
      records::merge_take(*batch, single);
      batch->queued_bytes = bytes;
    }
  }
  if (queue_.head_ == nullptr) active_ = false;
  return batch;
}

}  // namespace sluice::engine
