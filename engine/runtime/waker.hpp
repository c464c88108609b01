// SPDX-License-Identifier: Apache-2.0
// How a stage sleeps and is woken. `wake` may come from any thread and costs one load when the stage is already
// signalled. A signal is never lost: the stage clears it first and looks for work after, so whatever was made before
// the signal is seen, provided it was made under a lock or by a sequentially consistent store. A stage that is inside
// its source's poll is woken through the source's own wake slot, which is never called after end_poll_wakes.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>

namespace sluice::engine {

class Waker {
 public:
  /// Called by wake() while the stage is between enter_poll and leave_poll. Set before the stage starts.
  void set_poll_wake(std::function<void()> poll_wake) { poll_wake_ = std::move(poll_wake); }
  /// Waits for a call of the source's wake slot that is under way; afterwards the source may be closed.
  void end_poll_wakes();

  void wake();

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
  std::function<void()> poll_wake_;  ///< guarded by poll_wake_mutex_ once the stage runs
};

/// Nanoseconds of the clock that never steps; the one that all deadlines are of.
int64_t monotonic_ns();
/// Nanoseconds since 1970, UTC.
int64_t wall_ns();

}  // namespace sluice::engine
