// SPDX-License-Identifier: Apache-2.0
// How a thread that looks at the state of a run learns that it may have changed. It counts the rings: whoever looks
// reads the count first and waits for a higher one, so a change during the look is never missed. Any thread.
#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace sluice::engine {

class Bell {
 public:
  void ring() {
    {
      const std::lock_guard lock(mutex_);
      ++rung_;
    }
    changed_.notify_all();
  }
  /// To be read before looking.
  uint64_t rung() const {
    const std::lock_guard lock(mutex_);
    return rung_;
  }
  /// Until it has rung more often than that, or until this moment of the monotonic clock.
  void wait(uint64_t seen, int64_t until_ns) {
    const std::chrono::steady_clock::time_point until{std::chrono::nanoseconds(until_ns)};
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, until, [&] { return rung_ != seen; });
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t rung_ = 0;  ///< guarded by mutex_
};

}  // namespace sluice::engine
