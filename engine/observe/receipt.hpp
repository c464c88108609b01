// SPDX-License-Identifier: Apache-2.0
// The account that a run prints when it ends. It adds up what every source received and what became of it, checks that
// the sums are equal, and says of what is unsettled whether it will be replayed or may be lost, and which node holds
// it. Made of a Report of an ended graph; pure.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/report.hpp"

namespace sluice::engine {

struct Receipt {
  bool is_balanced = true;
  uint64_t may_be_lost = 0;       ///< unsettled or failed records of sources that cannot replay, or of on_accept edges,
                                  ///< and what is left in relays that are not durable
  uint64_t will_be_replayed = 0;  ///< unsettled or failed records of sources that can
  std::vector<std::string> imbalances;
};

Receipt judge(const Report& report);
std::string receipt_text(const Report& report);
std::string receipt_json(const Report& report);

}  // namespace sluice::engine
