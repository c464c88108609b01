// SPDX-License-Identifier: Apache-2.0
// A relay that is not durable, with both its halves in one graph: what it took and did not give back yet lives in this
// process's memory alone. A stop must therefore drain through it, as ending.hpp describes.
#pragma once
#include "runtime/node_runtime.hpp"

namespace sluice::engine {

struct MemoryRelay {
  const NodeRuntime* input = nullptr;
  const NodeRuntime* output = nullptr;

  uint64_t accepted() const {
    return input->counters.settled[static_cast<size_t>(records::Verdict::accepted)].load(std::memory_order_relaxed);
  }
  uint64_t read() const { return output->account->totals.received.load(std::memory_order_relaxed); }
};

}  // namespace sluice::engine
