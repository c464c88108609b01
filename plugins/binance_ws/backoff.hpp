// SPDX-License-Identifier: Apache-2.0
// How long to wait before the next connection: exponential from `first` to `max`, with jitter. Each wait lies in
// [d/2, d], where d doubles from wait to wait; only `reset` brings it back, and the caller resets only behind a
// connection that carried data and stood for a while: what is reset by less ends in a fast loop. Has no clock and no
// randomness of its own.
#pragma once
#include <algorithm>
#include <cstdint>

namespace sluice::binance {

class Backoff {
 public:
  static constexpr int64_t a_while_ns = 10'000'000'000;

  Backoff(int64_t first_ns, int64_t max_ns) : first_ns_(first_ns), max_ns_(std::max(first_ns, max_ns)), ns_(first_ns) {}

  int64_t next_ns(uint64_t random) {
    const int64_t half = ns_ / 2;
    const int64_t wait = ns_ - half + static_cast<int64_t>(random % (static_cast<uint64_t>(half) + 1));
    ns_ = ns_ > max_ns_ / 2 ? max_ns_ : ns_ * 2;
    return wait;
  }
  void reset() { ns_ = first_ns_; }

 private:
  int64_t first_ns_;
  int64_t max_ns_;
  int64_t ns_;
};

}  // namespace sluice::binance
