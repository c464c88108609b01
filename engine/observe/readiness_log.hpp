// SPDX-License-Identifier: Apache-2.0
// Readiness as lines of a log: when it goes and why, when its reasons change, and when it is back and after how long.
// A process that begins has ten seconds to get ready.
// What a node says of itself is in the log already: here it is only named. Knows no clock. One thread.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "observe/observer.hpp"
#include "runtime/status_log.hpp"

namespace sluice::engine {

class ReadinessLog {
 public:
  /// The line for this change, if it is one. Only while the run is running: its begin and its end are logged anyway.
  std::optional<ReadinessLine> update(const std::vector<Reason>& reasons, RunPhase phase, int64_t now_ns);

 private:
  LogBudget budget_;
  std::string said_;  ///< codes and nodes of the last line; empty: ready
  std::optional<int64_t> since_ns_;
  bool was_ready_ = false;
};

}  // namespace sluice::engine
