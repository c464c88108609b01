// SPDX-License-Identifier: Apache-2.0
// Graphs of the real runtime for measuring hops: a source that emits ready batches as fast as there is credit, nodes
// that hand each batch on untouched, and a sink that settles it. Tokens, accounts and counters are those of any run.
// Every batch has a buffer of its own, as batches of real sources have.
#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "graph/plan.hpp"

namespace sluice::bench {

struct Load {
  uint64_t batches = 0;
  uint32_t records_a_batch = 1;
  uint32_t sink_work = 0;  ///< steps of arithmetic a batch, about a nanosecond each
};

/// source -> `hops` - 1 nodes -> sink, all direct, on one thread; every batch makes `hops` hops.
void run_direct(const Load& load, uint32_t hops);
/// source => sink on two threads, through one buffered edge that blocks when it is full.
void run_buffered(const Load& load);

/// One record at a time through a buffered edge into a stage that has gone to sleep: from the emit to the sink's call.
std::vector<int64_t> ping_sleeping_stage(uint32_t pings);

}  // namespace sluice::bench
