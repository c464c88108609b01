// SPDX-License-Identifier: Apache-2.0
// What a batch keeps alive, and how it lets go: a 256 KiB read buffer must not wait in a queue for one frame's sake.
#include <algorithm>
#include <cstring>
#include <numeric>

#include "records/batch.hpp"

namespace sluice::records {
namespace {

struct Use {
  uint64_t bytes = 0;
  uint32_t new_index = 0;
  bool goes = false;
};

bool points_into(const sluice_buffer& buffer, const void* data) {
  const auto* byte = static_cast<const uint8_t*>(data);
  return byte >= buffer.data && byte < buffer.data + buffer.capacity;
}

/// Where texts of a record are that lie in buffers which go.
template <typename F>
void for_each_text(HostBatch& batch, sluice_record* record, const Use* uses, F&& each) {
  const uint64_t value_count = (batch.record_stride - sizeof(sluice_record)) / sizeof(sluice_value);
  sluice_value* values = values_of(record);
  for (uint64_t v = 0; v < value_count; ++v) {
    if (values[v].kind != SLUICE_VALUE_TEXT || values[v].size == 0) continue;
    for (uint32_t b = 0; b < batch.buffer_count; ++b) {
      if (uses[b].goes && points_into(*batch.pinned[b], values[v].as.text)) each(values[v]);
    }
  }
}

}  // namespace

uint64_t payload_bytes(const HostBatch& batch) {
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < batch.count; ++i) bytes += batch.at(i)->size;
  return bytes;
}

uint64_t pinned_bytes(const HostBatch& batch) {
  if (batch.pinned.size() == 1) return batch.pinned.front()->capacity;
  // Merging pins a buffer again when it finds it too far back: each counts once.
  boost::container::small_vector<const sluice_buffer*, 16> buffers(batch.pinned.begin(), batch.pinned.end());
  std::sort(buffers.begin(), buffers.end());
  const auto end = std::unique(buffers.begin(), buffers.end());
  return std::accumulate(buffers.begin(), end, uint64_t{0},
                         [](uint64_t sum, const sluice_buffer* buffer) { return sum + buffer->capacity; });
}

namespace {

template <typename F>
void copy_out(HostBatch& batch, F&& goes) {
  boost::container::small_vector<Use, 8> uses(batch.buffer_count);
  for (uint32_t i = 0; i < batch.count; ++i) {
    const sluice_record* record = batch.at(i);
    if (record->buffer < uses.size()) uses[record->buffer].bytes += record->size;
  }
  bool any_goes = false;
  uint32_t kept = 0;
  for (uint32_t b = 0; b < batch.buffer_count; ++b) {
    uses[b].goes = goes(uses[b], *batch.pinned[b]);
    any_goes = any_goes || uses[b].goes;
    if (!uses[b].goes) uses[b].new_index = kept++;
  }
  if (!any_goes) return;

  uint64_t copied_bytes = 0;
  bool any_moves = false;
  for (uint32_t i = 0; i < batch.count; ++i) {
    sluice_record* record = batch.at(i);
    if (record->buffer < uses.size() && uses[record->buffer].goes) {
      copied_bytes += record->size;
      any_moves = true;
    }
    for_each_text(batch, record, uses.data(), [&](const sluice_value& value) { copied_bytes += value.size; });
  }
  // Empty payloads too need a place behind which may be read.
  sluice_buffer* fresh = copied_bytes == 0 && !any_moves ? nullptr : new_buffer(copied_bytes);
  uint8_t* to = fresh == nullptr ? nullptr : fresh->data;
  for (uint32_t i = 0; i < batch.count; ++i) {
    sluice_record* record = batch.at(i);
    for_each_text(batch, record, uses.data(), [&](sluice_value& value) {
      std::memcpy(to, value.as.text, value.size);
      value.as.text = reinterpret_cast<const char*>(to);
      to += value.size;
    });
    if (record->buffer >= uses.size()) continue;
    if (uses[record->buffer].goes) {
      if (record->size > 0) std::memcpy(to, record->data, record->size);
      record->data = to;
      to += record->size;
      record->buffer = kept;
    } else {
      record->buffer = uses[record->buffer].new_index;
    }
  }
  decltype(batch.pinned) pinned;
  for (uint32_t b = 0; b < batch.buffer_count; ++b) {
    if (uses[b].goes) {
      unref_take(batch.pinned[b]);
    } else {
      pinned.push_back(batch.pinned[b]);
    }
  }
  if (fresh != nullptr) pinned.push_back(fresh);
  batch.pinned = std::move(pinned);
  batch.buffers = batch.pinned.data();
  batch.buffer_count = static_cast<uint32_t>(batch.pinned.size());
}

}  // namespace

namespace {

/// Of a batch with one buffer, the usual one: looks at no more records than it takes to know.
bool uses_a_quarter(const HostBatch& batch) {
  const uint64_t quarter = batch.pinned.front()->capacity / 4;
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < batch.count && bytes < quarter; ++i) {
    const sluice_record* record = batch.at(i);
    if (record->buffer == 0) bytes += record->size;
  }
  return bytes >= quarter;
}

}  // namespace

void compact(HostBatch& batch) {
  if (batch.pinned.size() == 1 && uses_a_quarter(batch)) return;
  copy_out(batch, [](const Use& use, const sluice_buffer& buffer) {
    return use.bytes == 0 || use.bytes < buffer.capacity / 4;
  });
}

void compact_all(HostBatch& batch) {
  copy_out(batch, [&](const Use&, const sluice_buffer&) { return true; });
}

}  // namespace sluice::records
