// SPDX-License-Identifier: Apache-2.0
#include "records/buffer_pool.hpp"

#include <atomic>
#include <cstring>
#include <mutex>
#include <new>
#include <vector>

#include "records/block_store.hpp"

namespace sluice::records {
namespace {

struct PooledBuffer : sluice_buffer {
  std::atomic<uint32_t> references;
};
constexpr uint64_t header_bytes = (sizeof(PooledBuffer) + 15) / 16 * 16;
constexpr uint64_t pooled_from_bytes = 32 * 1024;
constexpr uint64_t pooled_up_to_bytes = 1024 * 1024;
constexpr size_t kept_bytes_most = 4 * 1024 * 1024;

// Often made by one thread and freed by another: two counters, each with a cache line of its own.
alignas(64) std::atomic<uint64_t> made_bytes{0};
alignas(64) std::atomic<uint64_t> freed_bytes{0};

/// Free buffers of a few common capacities. Leaked on purpose: buffers may be freed while the process ends.
class Shelf {
 public:
  PooledBuffer* take(uint64_t capacity) {
    const std::lock_guard lock(mutex_);
    for (size_t i = free_.size(); i-- > 0;) {
      if (free_[i]->capacity != capacity) continue;
      PooledBuffer* found = free_[i];
      free_[i] = free_.back();
      free_.pop_back();
      kept_bytes_ -= capacity;
      return found;
    }
    return nullptr;
  }
  bool keep(PooledBuffer* buffer) {
    const std::lock_guard lock(mutex_);
    if (kept_bytes_ + buffer->capacity > kept_bytes_most) return false;
    kept_bytes_ += buffer->capacity;
    free_.push_back(buffer);
    return true;
  }

 private:
  std::mutex mutex_;
  std::vector<PooledBuffer*> free_;
  size_t kept_bytes_ = 0;
};
Shelf& shelf() {
  static Shelf* const instance = new Shelf;
  return *instance;
}

constexpr uint64_t whole_bytes(uint64_t capacity) { return header_bytes + capacity + readable_padding_bytes; }

bool is_pooled(uint64_t capacity) { return capacity >= pooled_from_bytes && capacity <= pooled_up_to_bytes; }

}  // namespace

sluice_buffer* new_buffer(uint64_t capacity) {
  PooledBuffer* buffer = is_pooled(capacity) ? shelf().take(capacity) : nullptr;
  if (buffer == nullptr) {
    void* memory = take_block(whole_bytes(capacity));
    buffer = new (memory) PooledBuffer{};
    buffer->data = static_cast<uint8_t*>(memory) + header_bytes;
    buffer->capacity = capacity;
    std::memset(buffer->data + capacity, 0, readable_padding_bytes);
  }
  buffer->references.store(1, std::memory_order_relaxed);
  made_bytes.fetch_add(capacity, std::memory_order_relaxed);
  return buffer;
}

void ref(sluice_buffer* buffer) {
  static_cast<PooledBuffer*>(buffer)->references.fetch_add(1, std::memory_order_relaxed);
}

void unref_take(sluice_buffer* buffer) {
  auto* pooled = static_cast<PooledBuffer*>(buffer);
  if (pooled->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  freed_bytes.fetch_add(pooled->capacity, std::memory_order_release);
  if (is_pooled(pooled->capacity) && shelf().keep(pooled)) return;
  const uint64_t bytes = whole_bytes(pooled->capacity);
  pooled->~PooledBuffer();
  give_block(pooled, bytes);
}

uint64_t live_buffer_bytes() {
  const uint64_t freed = freed_bytes.load(std::memory_order_acquire);
  return made_bytes.load(std::memory_order_relaxed) - freed;
}

}  // namespace sluice::records
