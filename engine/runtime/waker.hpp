// SPDX-License-Identifier: Apache-2.0
// How a stage sleeps and is woken. `wake` may come from any thread and costs one load when the stage is already
// signalled. A signal is never lost: the stage clears it first and looks for work after, so whatever was made before
// the signal is seen, provided it was made under a lock or by a sequentially consistent store. A stage that is inside
// its source's poll is woken through the source's own wake slot, by one thread at a time, and never after
// end_poll_wakes. That slot is a plugin's code and may hang: whoever must not hang with it calls signal and lets
// another thread go on.
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>

namespace sluice::engine {

class Waker {
 public:
  /// Called by wake() while the stage is between enter_poll and leave_poll. Set before the stage starts.
  void set_poll_wake(std::function<void()> poll_wake) { poll_wake_ = std::move(poll_wake); }
  /// Waits for a call of the source's wake slot that is under way; afterwards the source may be closed. False: the call
  /// did not return by this moment of the monotonic clock.
  bool end_poll_wakes(int64_t until_ns);

  void wake() {
    if (signal()) wake_poll();
  }
  /// The first half of wake. True: the stage is inside poll, and wake_poll has to follow on any thread.
  bool signal();
  void wake_poll();
  /// A signal came since clear().
  bool is_signalled() const { return state_.load(std::memory_order_seq_cst) == signalled; }

  // The stage's own thread.
  void clear() { state_.exchange(awake, std::memory_order_seq_cst); }
  /// Returns when woken or at the monotonic deadline; at once if a signal came since clear().
  void wait_until(int64_t monotonic_deadline_ns);
  /// False when a signal came since clear(): then poll must not wait.
  bool enter_poll();
  void leave_poll();

 private:
  static constexpr uint32_t awake = 0;
  static constexpr uint32_t signalled = 1;
  static constexpr uint32_t asleep = 2;
  static constexpr uint32_t in_poll = 3;
  bool spin();

  std::atomic<uint32_t> state_{awake};
  uint32_t luck_ = 0;   ///< the stage's own: how often spinning was worth it of late
  uint32_t waits_ = 0;  ///< the stage's own
  std::mutex poll_wake_mutex_;
  std::condition_variable poll_wake_returned_;
  bool is_in_poll_wake_ = false;     ///< guarded by poll_wake_mutex_
  std::function<void()> poll_wake_;  ///< guarded by it once the stage runs, but for the call under way
};

}  // namespace sluice::engine
