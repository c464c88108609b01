// SPDX-License-Identifier: Apache-2.0
// A relay that is not durable, with both its halves in one graph: what it took and did not give back yet lives in this
// process's memory alone. A stop must therefore drain through it, as ending.hpp describes. Here is which these relays
// are, and whose records may come into them.
#pragma once
#include <deque>
#include <vector>

#include "runtime/edge_runtime.hpp"
#include "runtime/node_runtime.hpp"

namespace sluice::engine {

struct MemoryRelay {
  NodeRuntime* input = nullptr;
  NodeRuntime* output = nullptr;
  std::vector<const NodeRuntime*> sources_before{};   ///< also by dead letters and through other relays
  std::vector<const EdgeRuntime*> accounts_before{};  ///< likewise

  uint64_t accepted() const;
  uint64_t read() const;
};

std::vector<MemoryRelay> find_memory_relays(const Plan& plan, std::deque<NodeRuntime>& nodes,
                                            const std::deque<EdgeRuntime>& edges);

}  // namespace sluice::engine
