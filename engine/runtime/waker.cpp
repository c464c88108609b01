// SPDX-License-Identifier: Apache-2.0
#include "runtime/waker.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace sluice::engine {
namespace {

int64_t read_clock(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

int64_t monotonic_ns() { return read_clock(CLOCK_MONOTONIC); }
int64_t wall_ns() { return read_clock(CLOCK_REALTIME); }

void Waker::wake() {
  if (state_.load(std::memory_order_seq_cst) == signalled) return;
  const uint32_t before = state_.exchange(signalled, std::memory_order_seq_cst);
  if (before == asleep) {
    syscall(SYS_futex, &state_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
  } else if (before == in_poll) {
    const std::lock_guard lock(poll_wake_mutex_);
    if (poll_wake_) poll_wake_();
  }
}

void Waker::end_poll_wakes() {
  const std::lock_guard lock(poll_wake_mutex_);
  poll_wake_ = nullptr;
}

void Waker::wait_until(int64_t monotonic_deadline_ns) {
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
