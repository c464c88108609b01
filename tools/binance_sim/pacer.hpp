// SPDX-License-Identifier: Apache-2.0
// Spreads events evenly over time at a rate, bursts included: a burst makes the next event wait for longer.
// After a hold-up it catches up at most a tenth of a second; never sleeps itself.
#pragma once
#include <algorithm>
#include <chrono>
#include <optional>

#include "feed.hpp"

namespace sluice::sim {

class Pacer {
 public:
  explicit Pacer(double events_per_second) : per_second_(events_per_second) {}
  bool flat_out() const { return per_second_ <= 0; }
  double events_per_second() const { return per_second_; }
  bool due(Time now) {
    if (flat_out()) return true;
    if (!next_) next_ = now;
    next_ = std::max(*next_, now - std::chrono::milliseconds(100));
    return *next_ <= now;
  }
  void spend(std::size_t events) {
    if (flat_out() || !next_) return;
    const std::chrono::duration<double> share(static_cast<double>(events) / per_second_);
    *next_ += std::chrono::duration_cast<Time::duration>(share);
  }
  void restart() { next_.reset(); }
  std::optional<Time> next() const { return next_; }

 private:
  double per_second_;
  std::optional<Time> next_;
};

}  // namespace sluice::sim
