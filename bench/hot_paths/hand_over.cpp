// SPDX-License-Identifier: Apache-2.0
// A batch through the queue of a buffered edge, in and out by one thread.
#include <cstdlib>

#include "hot_path.hpp"
#include "material.hpp"
#include "runtime/edge_queue.hpp"

namespace sluice::bench {
namespace {

constexpr uint32_t records_a_batch = 64;
constexpr size_t batches_waiting = 4;
constexpr size_t turns = 64;

struct Edge {
  Edge() {
    queue.set_consumer(&consumer);
    queue.add_producer(&producer);
    for (size_t i = 0; i < batches_waiting; ++i) batches.push_back(make_batch(records_a_batch));
  }
  Edge(const Edge&) = delete;
  ~Edge() {
    for (records::HostBatch* batch : batches) records::free_take(batch);
  }

  engine::Waker consumer;
  engine::Waker producer;
  engine::EdgeQueue queue{{500'000, uint64_t{256} << 20}, engine::WhenFull::block, -1};
  std::vector<records::HostBatch*> batches;
};

}  // namespace

Round hand_over() {
  return [edge = std::make_shared<Edge>()](Meter& meter) -> uint64_t {
    size_t popped = 0;
    meter.start();
    for (size_t turn = 0; turn < turns; ++turn) {
      for (records::HostBatch* batch : edge->batches) edge->queue.push(batch);
      while (edge->queue.pop() != nullptr) ++popped;
    }
    meter.stop();
    if (popped != turns * batches_waiting) std::abort();
    return popped;
  };
}

}  // namespace sluice::bench
