// SPDX-License-Identifier: Apache-2.0
// One running edge: a direct call or a queue, its account if it takes records over (on_accept), and its counters.
// A dead letter is an edge too: buffered, into the node that stores rejects, with any number of stages that feed it.
#pragma once
#include <atomic>
#include <memory>
#include <string>

#include "runtime/accounts.hpp"
#include "runtime/edge_queue.hpp"
#include "runtime/latency.hpp"
#include "runtime/node_runtime.hpp"

namespace sluice::engine {

struct EdgeRuntime {
  std::string name;
  const PlanEdge* plan = nullptr;  ///< null: a dead letter
  const PlanDeadLetter* dead_letter = nullptr;
  size_t to = 0;
  uint32_t to_port = 0;
  uint16_t path = 0;                     ///< the plan's dead_letter
  NodeRuntime* target = nullptr;         ///< the node `to`
  std::unique_ptr<EdgeQueue> queue;      ///< null: a direct call
  std::unique_ptr<EdgeAccount> account;  ///< on_accept only
  uint32_t index = 0;
  /// Whoever comes here is told the time: the edge is buffered, or leads to a sink or to a node that holds records.
  bool is_timed = false;

  // in = out + discarded + rejected + waiting + parked, in records.
  OwnCounter from_node;                   ///< of the stage that the edge leaves; 0 of a dead letter
  std::atomic<uint64_t> from_rejects{0};  ///< of a dead letter, which several stages feed
  OwnCounter out_records;
  std::atomic<uint64_t> discarded{0};
  std::atomic<uint64_t> rejected{0};  ///< larger than the whole edge
  OwnCounter parked;                  ///< found no room yet; a batch of them waits in the stage before the edge
  OwnCounter in_batches;              ///< as from_node
  RejectWindow too_large;

  uint64_t in_records() const { return from_node.load() + from_rejects.load(std::memory_order_relaxed); }

  // By record. What gives way on a full edge counts in neither, what found no room at first waited.
  Latency waiting;   ///< from the hand-over to the pop; buffered edges
  Latency settling;  ///< from the sink's taking it to the sink's verdict; edges into sinks
};

}  // namespace sluice::engine
