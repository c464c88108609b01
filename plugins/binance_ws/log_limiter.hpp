// SPDX-License-Identifier: Apache-2.0
// Lets one line of a kind through every ten seconds, so that what comes by the thousand does not fill the log, and each
// kind has its own, so that none hides another. Has no clock of its own. One thread.
#pragma once
#include <cstdint>
#include <string>

namespace sluice::binance {

class LogLimiter {
 public:
  static constexpr int64_t every_ns = 10'000'000'000;
  static constexpr const char* suffix = " (logged at most every 10 s; the metrics count all)";

  /// Whether a line may be written now.
  bool pass(int64_t now_ns) {
    if (now_ns < quiet_until_ns_) return false;
    quiet_until_ns_ = now_ns + every_ns;
    return true;
  }

 private:
  int64_t quiet_until_ns_ = 0;
};

}  // namespace sluice::binance
