// SPDX-License-Identifier: Apache-2.0
#include "runtime/conflater.hpp"

#include <algorithm>
#include <utility>

namespace sluice::engine {

using records::HostBatch;

namespace {

/// Everything but the place in a list changes sides, so a field that is new to batches does, too.
void swap_contents(HostBatch& one, HostBatch& other) {
  std::swap(one, other);
  std::swap(one.next, other.next);
  one.buffers = one.pinned.data();
  other.buffers = other.pinned.data();
}

}  // namespace

std::optional<Conflater::Key> Conflater::key_of(const HostBatch& single) const {
  const sluice_value& value = records::values_of(single.at(0))[slot_];
  if (value.kind == SLUICE_ABSENT) return std::nullopt;
  if (value.kind == SLUICE_VALUE_TEXT) return Key{value.kind, {value.as.text, value.size}};
  return Key{value.kind, {reinterpret_cast<const char*>(&value.as.integer), sizeof value.as.integer}};
}

/// The key's view moves to the new record, as the old one may go first.
void Conflater::note_youngest(HostBatch* single) {
  const std::optional<Key> key = key_of(*single);
  if (!key) return;
  youngest_.erase(*key);
  youngest_.emplace(*key, single);
}

uint64_t Conflater::own_bytes(const HostBatch& batch) {
  const uint64_t value_count = (batch.record_stride - sizeof(sluice_record)) / sizeof(sluice_value);
  const auto is_pinned = [&](const char* text) {
    return std::any_of(batch.pinned.begin(), batch.pinned.end(), [&](const sluice_buffer* buffer) {
      const auto* byte = reinterpret_cast<const uint8_t*>(text);
      return byte >= buffer->data && byte < buffer->data + buffer->capacity;
    });
  };
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < batch.count; ++i) {
    sluice_record* record = batch.at(i);
    if (record->buffer < batch.buffer_count) bytes += record->size;
    const sluice_value* values = records::values_of(record);
    for (uint64_t v = 0; v < value_count; ++v) {
      if (values[v].kind == SLUICE_VALUE_TEXT && values[v].size > 0 && is_pinned(values[v].as.text))
        bytes += values[v].size;
    }
  }
  return bytes;
}

/// It should not keep its old neighbours' buffer alive; never needs more than it does already.
void Conflater::stand_alone(HostBatch& single) {
  if (records::pinned_bytes(single) > own_bytes(single)) records::compact_all(single);
  single.queued_bytes = records::pinned_bytes(single);
}

void Conflater::begin() {
  active_ = true;
  youngest_.clear();
  HostBatch* list = std::exchange(queue_.head_, nullptr);
  queue_.tail_ = nullptr;
  while (list != nullptr) {
    HostBatch* batch = std::exchange(list, list->next);
    queue_.take_back_locked(batch->count, batch->queued_bytes);
    while (batch != nullptr) {
      HostBatch* single = batch->count > 1 ? records::cut(*batch, 1) : std::exchange(batch, nullptr);
      if (single->count > 0) {
        stand_alone(*single);
        note_youngest(single);
      }
      queue_.append_locked(single);
    }
  }
}

bool Conflater::push_single(HostBatch* single, HostBatch*& losers) {
  stand_alone(*single);
  if (queue_.fits(1, single->queued_bytes)) {
    note_youngest(single);
    queue_.append_locked(single);
    return true;
  }
  const std::optional<Key> key = key_of(*single);
  const auto found = key ? youngest_.find(*key) : youngest_.end();
  if (found == youngest_.end()) return false;
  HostBatch* old = found->second;
  const uint64_t growth = single->queued_bytes - old->queued_bytes;  // modulo 2^64
  if (queue_.waiting_bytes() + growth > queue_.bound_.bytes) return false;
  youngest_.erase(found);
  // The new record takes the old one's place in the list: their contents change places.
  swap_contents(*old, *single);
  // In one step: at no moment may the bound be seen exceeded.
  queue_.in_bytes_.add(growth);
  youngest_.emplace(*key_of(*old), old);
  single->next = losers;
  losers = single;
  return true;
}

void Conflater::push(HostBatch* take, EdgeQueue::Pushed& result) {
  if (!active_) begin();
  while (take != nullptr) {
    HostBatch* single = take->count > 1 ? records::cut(*take, 1) : std::exchange(take, nullptr);
    if (push_single(single, result.losers)) continue;
    if (take != nullptr) {
      records::merge_take(*single, take);
      // As when a piece finds no room: both had the pins of the whole.
      records::compact(*single);
    }
    result.rest = single;
    return;
  }
}

HostBatch* Conflater::pop() {
  HostBatch* batch = nullptr;
  while (queue_.head_ != nullptr && (batch == nullptr || batch->count < pop_records_most)) {
    if (queue_.head_->is_flush_marker && batch != nullptr) break;
    HostBatch* single = queue_.pop_front_locked();
    if (single->is_flush_marker) return single;
    const std::optional<Key> key = key_of(*single);
    const auto found = key ? youngest_.find(*key) : youngest_.end();
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
