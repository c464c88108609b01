// SPDX-License-Identifier: Apache-2.0
// The request weight that each address has used in its current window, and what it gets for more: 429 until the window
// ends, and 418, a ban, when it goes on asking.
// A window begins with the first request after the last one; a ban, once given, is not made longer by requests.
// Reads no clock: the time is handed in, so that tests need not wait.
#pragma once
#include <cstdint>
#include <map>
#include <string>

#include "feed.hpp"

namespace sluice::sim {

struct WeightRules {
  std::uint64_t limit = 6000;  // 0: none
  Time::duration window = std::chrono::minutes(1);
  std::uint64_t insist = 5;  // so many refused requests of a window are forgiven
  Time::duration ban = std::chrono::minutes(2);
};

class Weights {
 public:
  explicit Weights(const WeightRules& rules) : rules_(rules) {}

  struct Verdict {
    unsigned status = 200;  // or 429, 418
    std::uint64_t used = 0;
    Time::duration retry_after{};
  };
  Verdict spend(const std::string& address, std::uint64_t weight, Time now);
  const WeightRules& rules() const { return rules_; }

 private:
  struct Account {
    std::uint64_t used = 0, refused = 0;
    Time window_end{}, banned_until{};
  };
  WeightRules rules_;
  std::map<std::string, Account> accounts_;
};

}  // namespace sluice::sim
