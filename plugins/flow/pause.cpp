// SPDX-License-Identifier: Apache-2.0
#include "pause.hpp"

#include <chrono>

namespace sluice::flow {

void Pause::until(const Context& context, int64_t monotonic_ns) {
  const int64_t left_ns = monotonic_ns - context.monotonic_ns();
  std::unique_lock lock(mutex_);
  if (left_ns > 0) changed_.wait_for(lock, std::chrono::nanoseconds(left_ns), [this] { return is_woken_; });
  is_woken_ = false;
}

void Pause::wake() {
  {
    const std::lock_guard lock(mutex_);
    is_woken_ = true;
  }
  changed_.notify_all();
}

}  // namespace sluice::flow
