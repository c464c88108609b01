// SPDX-License-Identifier: Apache-2.0
// A relay that is not durable, with both its halves in one graph: what it took and did not give back yet lives in this
// process's memory alone. A stop must therefore drain through it: its output half reads on until everything before its
// input half has settled and it has read all that was accepted, and only then is it stopped as other sources are.
// Read by the thread that drives the graph.
#pragma once
#include <deque>
#include <vector>

#include "runtime/edge_runtime.hpp"
#include "runtime/node_runtime.hpp"

namespace sluice::engine {

struct MemoryRelay {
  NodeRuntime* input = nullptr;
  NodeRuntime* output = nullptr;
  std::vector<const NodeRuntime*>
      sources_before{};  ///< whose records may come, as dead letters and through relays, too
  std::vector<const EdgeRuntime*> accounts_before{};  ///< likewise
  bool is_stopped = false;                            ///< the output half was told to

  uint64_t accepted() const;
  uint64_t read() const;
  /// Nothing more can come out of it: all before it have been stopped or have ended and settled, and all was read.
  bool is_drained_through() const;
};

std::vector<MemoryRelay> find_memory_relays(const Plan& plan, std::deque<NodeRuntime>& nodes,
                                            const std::deque<EdgeRuntime>& edges);

}  // namespace sluice::engine
