// SPDX-License-Identifier: Apache-2.0
// How tests await what other threads do: whoever changes something calls notify, and wait returns as soon as the
// condition holds. It gives up after three minutes, which only a hanging engine ever takes, so that a test fails and
// names the condition instead of hanging itself.
#pragma once
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace sluice::testing {

class Signal {
 public:
  void notify() {
    { const std::lock_guard lock(mutex_); }
    changed_.notify_all();
  }
  /// The condition may read atomics, or what its own lock guards.
  template <typename F>
  [[nodiscard]] bool wait(F&& condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::minutes(3), condition);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
};

}  // namespace sluice::testing
