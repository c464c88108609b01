// SPDX-License-Identifier: Apache-2.0
// The wait of a source that paces itself: until a monotonic time, or until somebody calls wake(), which also ends the
// next wait when none is running. Waits at most once a call, so the caller asks the host's clock again: that clock may
// be a fake one.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "sluice/context.hpp"

namespace sluice::flow {

class Pause {
 public:
  /// Returns at `monotonic_ns` by the time that is left now, or earlier when woken. Does not wait for a time gone by.
  void until(const Context& context, int64_t monotonic_ns);
  /// Any thread.
  void wake();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_woken_ = false;
};

}  // namespace sluice::flow
