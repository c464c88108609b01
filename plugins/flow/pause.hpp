// SPDX-License-Identifier: Apache-2.0
// The wait of a source that paces itself: until a monotonic time, until a descriptor can be read, or until somebody
// calls wake(), which also ends the next wait when none is running. Waits at most once a call, so the caller asks the
// host's clock again: that clock may be a fake one.
#pragma once
#include <cstdint>

#include "sluice/context.hpp"

namespace sluice::flow {

class Pause {
 public:
  /// Throws std::system_error when no file descriptor is left.
  Pause();
  Pause(const Pause&) = delete;
  Pause& operator=(const Pause&) = delete;
  ~Pause();
  /// Returns at `monotonic_ns` by the time that is left now, or earlier: when woken, or when `readable` can be read or
  /// has ended. Does not wait for a time gone by.
  void until(const Context& context, int64_t monotonic_ns, int readable = -1);
  /// Any thread.
  void wake();

 private:
  const int event_;
};

}  // namespace sluice::flow
