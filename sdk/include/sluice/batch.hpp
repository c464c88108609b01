// SPDX-License-Identifier: Apache-2.0
// Batches, records and buffers as a node sees them: thin, move-only handles over the C contract.
// A Batch owns records and, unseen, their token. It ends by emit, settle, merge or split; one that is destroyed
// otherwise is reported to the host, which stops the graph and names the node. Any thread may own a batch, one at a
// time.
#pragma once
#include <cassert>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/result.hpp"

namespace sluice {
inline namespace v1 {

/// A reference to counted bytes; copies share them.
class Buffer {
 public:
  Buffer() = default;
  Buffer(const sluice_host* host, sluice_buffer* take) : host_(host), buffer_(take) {}
  Buffer(const Buffer& other) : host_(other.host_), buffer_(other.buffer_) {
    if (buffer_ != nullptr) host_->buffer_ref(buffer_);
  }
  Buffer(Buffer&& other) noexcept : host_(other.host_), buffer_(std::exchange(other.buffer_, nullptr)) {}
  Buffer& operator=(Buffer other) noexcept {
    std::swap(host_, other.host_);
    std::swap(buffer_, other.buffer_);
    return *this;
  }
  ~Buffer() {
    if (buffer_ != nullptr) host_->buffer_unref_take(buffer_);
  }
  explicit operator bool() const { return buffer_ != nullptr; }
  uint8_t* data() const { return buffer_->data; }
  uint64_t capacity() const { return buffer_->capacity; }
  sluice_buffer* get() const { return buffer_; }

 private:
  const sluice_host* host_ = nullptr;
  sluice_buffer* buffer_ = nullptr;
};

/// One record of a batch; valid as long as the batch is owned and not merged or split.
class Record {
 public:
  explicit Record(sluice_record* record) : record_(record) {}
  std::string_view payload() const { return {reinterpret_cast<const char*>(record_->data), record_->size}; }
  int64_t receive_time_ns() const { return record_->receive_time_ns; }
  void set_receive_time_ns(int64_t time_ns) { record_->receive_time_ns = time_ns; }
  /// Views `size` bytes of the buffer that `pin` gave this index for; 64 readable bytes must lie behind them.
  void set_payload(const uint8_t* data, uint32_t size, uint32_t buffer_index) {
    record_->data = data;
    record_->size = size;
    record_->buffer = buffer_index;
  }
  sluice_value& attribute(int32_t slot) { return reinterpret_cast<sluice_value*>(record_ + 1)[slot]; }
  const sluice_value& attribute(int32_t slot) const { return reinterpret_cast<const sluice_value*>(record_ + 1)[slot]; }
  /// The text of an attribute; empty when it is absent, not a text, or the slot is negative.
  std::string_view text(int32_t slot) const {
    if (slot < 0) return {};
    const sluice_value& value = attribute(slot);
    return value.kind == SLUICE_VALUE_TEXT ? std::string_view{value.as.text, value.size} : std::string_view{};
  }
  /// An integer or a time in nanoseconds; nothing when it is absent, a text, or the slot is negative.
  std::optional<int64_t> integer(int32_t slot) const {
    if (slot < 0) return std::nullopt;
    const sluice_value& value = attribute(slot);
    if (value.kind != SLUICE_VALUE_INTEGER && value.kind != SLUICE_VALUE_TIME) return std::nullopt;
    return value.as.integer;
  }
  void set_text(int32_t slot, std::string_view pinned_or_interned) {
    if (slot < 0) return;
    sluice_value& value = attribute(slot);
    value.as.text = pinned_or_interned.data();
    value.size = static_cast<uint32_t>(pinned_or_interned.size());
    value.kind = SLUICE_VALUE_TEXT;
  }
  void set_integer(int32_t slot, int64_t number) { set_number(slot, number, SLUICE_VALUE_INTEGER); }
  void set_time(int32_t slot, int64_t time_ns) { set_number(slot, time_ns, SLUICE_VALUE_TIME); }
  sluice_record* get() const { return record_; }

 private:
  void set_number(int32_t slot, int64_t number, uint32_t kind) {
    if (slot < 0) return;
    sluice_value& value = attribute(slot);
    value.as.integer = number;
    value.size = 0;
    value.kind = kind;
  }
  sluice_record* record_;
};

class Batch {
 public:
  Batch() = default;
  Batch(const sluice_host* host, sluice_context* context, sluice_batch* take)
      : host_(host), context_(context), batch_(take) {}
  Batch(Batch&& other) noexcept
      : host_(other.host_), context_(other.context_), batch_(std::exchange(other.batch_, nullptr)) {}
  Batch& operator=(Batch&& other) noexcept {
    if (this != &other) {
      drop();
      host_ = other.host_;
      context_ = other.context_;
      batch_ = std::exchange(other.batch_, nullptr);
    }
    return *this;
  }
  ~Batch() { drop(); }

  explicit operator bool() const { return batch_ != nullptr; }
  uint32_t size() const { return batch_ == nullptr ? 0 : batch_->count; }
  uint32_t capacity() const { return batch_->capacity; }
  bool empty() const { return size() == 0; }
  Record operator[](uint32_t index) const {
    assert(index < batch_->count);
    return Record(reinterpret_cast<sluice_record*>(batch_->records + uint64_t{index} * batch_->record_stride));
  }
  /// Only of a fresh batch below its capacity: one more record, attributes absent, payload to be set.
  Record append() {
    assert(batch_->count < batch_->capacity);
    ++batch_->count;
    Record record = (*this)[batch_->count - 1];
    std::memset(static_cast<void*>(record.get()), 0, batch_->record_stride);
    return record;
  }
  /// Keeps the buffer as long as the batch; gives the index for set_payload.
  uint32_t pin(const Buffer& buffer) { return host_->batch_pin(batch_, buffer.get()); }
  uint64_t payload_bytes() const {
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < size(); ++i) bytes += (*this)[i].get()->size;
    return bytes;
  }

  /// Record i goes to the part numbered lanes[i]; order is kept; parts without records are empty handles.
  std::vector<Batch> split(const uint8_t* lanes, uint32_t lane_count) && {
    std::vector<sluice_batch*> raw(lane_count, nullptr);
    host_->batch_split(context_, release(), lanes, lane_count, raw.data());
    std::vector<Batch> parts;
    parts.reserve(lane_count);
    for (sluice_batch* part : raw) parts.emplace_back(host_, context_, part);
    return parts;
  }
  /// Takes the first `count` records off; count must be between 1 and size() - 1.
  Batch cut(uint32_t count) { return {host_, context_, host_->batch_cut(context_, batch_, count)}; }
  void merge(Batch other) { host_->batch_merge(context_, batch_, other.release()); }
  Batch expand(const uint32_t* copies) && {
    return {host_, context_, host_->batch_expand(context_, release(), copies)};
  }
  Batch fold(const uint32_t* sizes, uint32_t size_count) && {
    return {host_, context_, host_->batch_fold(context_, release(), sizes, size_count)};
  }

  void deliver() && { settle(SLUICE_DELIVERED, 0, {}, {}); }
  void accept() && { settle(SLUICE_ACCEPTED, 0, {}, {}); }
  void discard(std::string_view reason) && { settle(SLUICE_DISCARDED, 0, {}, reason); }
  /// A permanent error goes to the dead letter of these records' path; any other stops the graph.
  void fail(const Error& error) && {
    settle(SLUICE_FAILED, static_cast<uint32_t>(error.category), error.code, error.message);
  }

  sluice_batch* get() const { return batch_; }
  sluice_batch* release() { return std::exchange(batch_, nullptr); }

 private:
  void settle(uint32_t verdict, uint32_t category, std::string_view code, std::string_view reason) {
    host_->settle(context_, release(), verdict, category, to_str(code), to_str(reason));
  }
  void drop() {
    if (batch_ != nullptr) host_->batch_drop(context_, release());
  }
  const sluice_host* host_ = nullptr;
  sluice_context* context_ = nullptr;
  sluice_batch* batch_ = nullptr;
};

}  // namespace v1
}  // namespace sluice
