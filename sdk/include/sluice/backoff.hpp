// SPDX-License-Identifier: Apache-2.0
// How long to pause before the next attempt at something outside: longer from attempt to attempt, with jitter, so that
// many nodes do not retry at the same moment. Each pause lies in [d/2, d], where d is `first` for the first pause and
// doubles up to `longest`. Only `reset` goes back to `first`. Reset after real success only: a node that resets after
// less retries in a fast loop. Has no clock and no randomness of its own. One thread at a time.
#pragma once
#include <algorithm>
#include <chrono>
#include <cstdint>

namespace sluice {
inline namespace v1 {

class Backoff {
 public:
  using Duration = std::chrono::nanoseconds;

  /// `first` is positive. A `longest` below `first` counts as `first`.
  constexpr Backoff(Duration first, Duration longest)
      : first_(first), longest_(std::max(first, longest)), next_(first) {}

  /// The next pause; `random` is any number, usually context.random().
  constexpr Duration next(uint64_t random) {
    const Duration half = next_ / 2;
    const Duration pause = next_ - half + Duration(random % (static_cast<uint64_t>(half.count()) + 1));
    next_ = next_ > longest_ / 2 ? longest_ : next_ * 2;
    return pause;
  }
  constexpr void reset() { next_ = first_; }

 private:
  Duration first_;
  Duration longest_;
  Duration next_;  ///< what the next pause is at most
};

}  // namespace v1
}  // namespace sluice
