// SPDX-License-Identifier: Apache-2.0
// Steps of time at which a load source writes, and how late they were: a source that is late measures itself. Sleeps
// with the kernel's finest slack and never spins, because the program under test shares the cores.
#pragma once
#include <sys/prctl.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

namespace sluice::bench {

class Pace {
 public:
  Pace() { ::prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0); }

  /// Sleeps until `after` the first moment.
  void wait_until(std::chrono::nanoseconds after) {
    const auto due = start_ + after;
    std::this_thread::sleep_until(due);
    late_us_.push_back(std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - due).count());
  }

  int64_t late_us(double part) {
    if (late_us_.empty()) return 0;
    std::sort(late_us_.begin(), late_us_.end());
    return late_us_[std::min(late_us_.size() - 1, static_cast<size_t>(static_cast<double>(late_us_.size()) * part))];
  }

 private:
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start_ = Clock::now();
  std::vector<int64_t> late_us_;
};

}  // namespace sluice::bench
