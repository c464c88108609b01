// SPDX-License-Identifier: Apache-2.0
// How many of a node's latest verdicts were rejects: bad records are few among good ones, and a wrong schema shows in
// many of them, in a row or not. Costs nothing while nothing is rejected: verdicts are numbered by counters that are
// there anyway. Any thread.
#pragma once
#include <cstdint>
#include <deque>
#include <mutex>

#include "graph/spec.hpp"

namespace sluice::engine {

class RejectWindow {
 public:
  /// Counts `records` rejects that follow `before` other verdicts and rejects. True: the limit is reached with them.
  /// `before` may lag behind what other threads do at the same moment.
  bool reaches(const StopAfter& limit, uint64_t before, uint64_t records);

 private:
  struct Run {
    uint64_t begin;  ///< number of a verdict
    uint64_t end;
  };
  std::mutex mutex_;
  std::deque<Run> runs_;  ///< guarded by mutex_; in order, apart from each other
  uint64_t rejects_ = 0;  ///< guarded by mutex_; in all runs
};

}  // namespace sluice::engine
