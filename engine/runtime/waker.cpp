// SPDX-License-Identifier: Apache-2.0
#include "runtime/waker.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "runtime/clock.hpp"

namespace sluice::engine {
namespace {

// About a microsecond: what sleeping and being woken costs the two sides together is several.
constexpr int spins = 48;
constexpr uint32_t most_luck = 8;
constexpr uint32_t try_anyway_every = 64;

void pause_briefly() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

bool Waker::signal() {
  if (state_.load(std::memory_order_seq_cst) == signalled) return false;
  const uint32_t before = state_.exchange(signalled, std::memory_order_seq_cst);
  if (before == asleep) {
    syscall(SYS_futex, &state_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
  }
  return before == in_poll;
}

void Waker::wake_poll() {
  std::unique_lock lock(poll_wake_mutex_);
  poll_wake_returned_.wait(lock, [this] { return !is_in_poll_wake_; });
  if (!poll_wake_) return;
  is_in_poll_wake_ = true;
  lock.unlock();
  poll_wake_();
  lock.lock();
  is_in_poll_wake_ = false;
  // Under the lock: once it is free, end_poll_wakes may return and this object be gone.
  poll_wake_returned_.notify_all();
}

bool Waker::end_poll_wakes(int64_t until_ns) {
  const std::chrono::steady_clock::time_point until{std::chrono::nanoseconds(until_ns)};
  std::unique_lock lock(poll_wake_mutex_);
  if (!poll_wake_returned_.wait_until(lock, until, [this] { return !is_in_poll_wake_; })) return false;
  poll_wake_ = nullptr;
  return true;
}

/// Whether a wake came within a moment. Where that is seldom so, it is tried seldom: idle stages just sleep.
bool Waker::spin() {
  if (luck_ == 0 && ++waits_ % try_anyway_every != 0) return false;
  for (int i = 0; i < spins; ++i) {
    if (state_.load(std::memory_order_seq_cst) != awake) {
      luck_ = std::min(luck_ + 1, most_luck);
      return true;
    }
    pause_briefly();
  }
  if (luck_ > 0) --luck_;
  return false;
}

void Waker::wait_until(int64_t monotonic_deadline_ns) {
  if (spin()) return;
  uint32_t expected = awake;
  if (!state_.compare_exchange_strong(expected, asleep, std::memory_order_seq_cst)) return;
  // FUTEX_WAIT_BITSET takes an absolute time of the monotonic clock.
  const timespec deadline{static_cast<time_t>(monotonic_deadline_ns / 1'000'000'000),
                          static_cast<long>(monotonic_deadline_ns % 1'000'000'000)};
  while (state_.load(std::memory_order_seq_cst) == asleep && monotonic_ns() < monotonic_deadline_ns) {
    syscall(SYS_futex, &state_, FUTEX_WAIT_BITSET_PRIVATE, asleep, &deadline, nullptr, FUTEX_BITSET_MATCH_ANY);
  }
  expected = asleep;
  state_.compare_exchange_strong(expected, awake, std::memory_order_seq_cst);
}

bool Waker::enter_poll() {
  uint32_t expected = awake;
  return state_.compare_exchange_strong(expected, in_poll, std::memory_order_seq_cst);
}

void Waker::leave_poll() {
  uint32_t expected = in_poll;
  state_.compare_exchange_strong(expected, awake, std::memory_order_seq_cst);
}

}  // namespace sluice::engine
