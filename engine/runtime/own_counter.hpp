// SPDX-License-Identifier: Apache-2.0
// A counter that one thread writes and any may read: a plain load and a store, never a locked instruction. Whoever
// reads a value sees what the writer did before it.
#pragma once
#include <atomic>
#include <cstdint>

namespace sluice::engine {

class OwnCounter {
 public:
  void add(uint64_t amount) {
    value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_release);
  }
  void subtract(uint64_t amount) { add(0 - amount); }
  /// What is read after it was written no earlier.
  uint64_t load() const { return value_.load(std::memory_order_acquire); }

 private:
  std::atomic<uint64_t> value_{0};
};

}  // namespace sluice::engine
