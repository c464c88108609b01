// SPDX-License-Identifier: Apache-2.0
// The sinks that hold up what comes to them, by name and in words: "a batch takes 6.1 s (median), 14,000 records wait
// in front of it". Made of samples of one run over some seconds, so it knows no clock. Pure.
#pragma once
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "observe/sample.hpp"

namespace sluice::engine {

struct Bottleneck {
  size_t node = 0;  ///< index into the report's nodes
  std::string name;
  std::string sentence;
  int64_t median_ns = 0;  ///< what a batch takes; of one that settled nothing, how long it has been at it
  uint64_t waiting = 0;   ///< records in front of it, at the server of its source too
};

/// The worst first. A sink whose status is ready is one when it takes no more most of the time, or takes half a second
/// and more for a batch.
std::vector<Bottleneck> bottlenecks(const std::deque<Sample>& samples);

/// Records that wait for a sink in front of it, at the server of its source too.
uint64_t waiting_before(const Report& report, size_t sink);

}  // namespace sluice::engine
