// SPDX-License-Identifier: Apache-2.0
#include "records/block_store.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <new>
#include <utility>

namespace sluice::records {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool keeps_blocks = false;
#else
constexpr bool keeps_blocks = true;
#endif

// Four sizes to a power of two, so that at most a fifth of a block is unused.
constexpr size_t least_bytes = 64;
constexpr size_t most_bytes = 16 * 1024;
constexpr size_t class_count = 33;
constexpr size_t handful_bytes = 64 * 1024;
constexpr uint32_t handful_most = 32;
constexpr size_t store_bytes_most = 4 * 1024 * 1024;

constexpr size_t class_of(size_t bytes) {
  if (bytes <= least_bytes) return 0;
  const size_t last = bytes - 1;
  const auto exponent = static_cast<size_t>(std::bit_width(last)) - 1;  // >= 6
  return (exponent - 6) * 4 + ((last >> (exponent - 2)) & 3) + 1;
}
constexpr size_t bytes_of(size_t index) {
  if (index == 0) return least_bytes;
  const size_t exponent = (index - 1) / 4 + 6;
  return (4 + (index - 1) % 4 + 1) << (exponent - 2);
}
static_assert(class_of(most_bytes) == class_count - 1 && bytes_of(class_count - 1) == most_bytes);
static_assert(class_of(65) == 1 && bytes_of(1) == 80 && class_of(80) == 1 && class_of(81) == 2);

constexpr uint32_t handful_of(size_t index) {
  return static_cast<uint32_t>(std::clamp<size_t>(handful_bytes / bytes_of(index), 1, handful_most));
}

/// A free block: the next one of its handful, and in a handful's first block the handful behind it in the store.
struct Free {
  Free* next;
  Free* next_handful;
};

void* allocate(size_t bytes) {
  void* memory = std::malloc(bytes);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void free_all(Free* list) {
  while (list != nullptr) std::free(std::exchange(list, list->next));
}

/// Handfuls that no thread has. Leaked on purpose: blocks may be freed while the process ends.
class Store {
 public:
  Free* take(size_t index) {
    const std::lock_guard lock(mutex_);
    Free* handful = handfuls_[index];
    if (handful == nullptr) return nullptr;
    handfuls_[index] = handful->next_handful;
    bytes_ -= bytes_of(index) * handful_of(index);
    return handful;
  }
  void give(size_t index, Free* handful) {
    const size_t bytes = bytes_of(index) * handful_of(index);
    {
      const std::lock_guard lock(mutex_);
      if (bytes_ + bytes <= store_bytes_most) {
        bytes_ += bytes;
        handful->next_handful = handfuls_[index];
        handfuls_[index] = handful;
        return;
      }
    }
    free_all(handful);
  }

 private:
  std::mutex mutex_;
  std::array<Free*, class_count> handfuls_{};
  size_t bytes_ = 0;
};
Store& store() {
  static Store* const instance = new Store;
  return *instance;
}

struct Own {
  Free* list = nullptr;
  uint32_t count = 0;
};
struct ThreadBlocks {
  std::array<Own, class_count> of_class{};
  ~ThreadBlocks();
};
thread_local ThreadBlocks blocks;
// Trivial, so it outlives `blocks`: what is freed later in a thread's end goes straight back.
thread_local bool has_ended = false;

ThreadBlocks::~ThreadBlocks() {
  has_ended = true;
  for (const Own& own : of_class) free_all(own.list);
}

}  // namespace

void* take_block(size_t bytes) {
  if (!keeps_blocks || bytes > most_bytes) return allocate(bytes);
  const size_t index = class_of(bytes);
  if (has_ended) return allocate(bytes_of(index));
  Own& own = blocks.of_class[index];
  if (own.list == nullptr) {
    own.list = store().take(index);
    if (own.list == nullptr) return allocate(bytes_of(index));
    own.count = handful_of(index);
  }
  --own.count;
  Free* const block = own.list;
  own.list = block->next;
  // Freed by another core, most likely: let its line come before it is asked for.
  __builtin_prefetch(own.list, 1);
  return block;
}

void give_block(void* take, size_t bytes) noexcept {
  if (!keeps_blocks || bytes > most_bytes || has_ended) {
    std::free(take);
    return;
  }
  const size_t index = class_of(bytes);
  Own& own = blocks.of_class[index];
  if (own.count == handful_of(index)) {
    store().give(index, std::exchange(own.list, nullptr));
    own.count = 0;
  }
  own.list = new (take) Free{own.list, nullptr};
  ++own.count;
}

}  // namespace sluice::records
