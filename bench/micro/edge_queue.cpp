// SPDX-License-Identifier: Apache-2.0
// The queue of a buffered edge alone: one thread pushes batches made ahead, another pops them and sleeps, as a stage
// does, when there are none. Processor time of both threads. Nothing is made, settled or freed meanwhile.
#include "runtime/edge_queue.hpp"

#include <thread>
#include <utility>
#include <vector>

#include "clocks.hpp"

namespace {

using namespace sluice::bench;
using sluice::engine::EdgeQueue;
using sluice::engine::Waker;
using sluice::engine::WhenFull;
using sluice::records::HostBatch;

constexpr uint32_t batches = 1'000;  // few enough to stay in the caches
constexpr uint32_t rounds = 100;
constexpr int64_t long_ns = 1'000'000'000;

std::vector<HostBatch*> make_batches(uint32_t records) {
  std::vector<HostBatch*> made;
  for (uint32_t i = 0; i < batches; ++i) {
    HostBatch* batch = sluice::records::new_batch(0, records);
    sluice_buffer* buffer = sluice::records::new_buffer(uint64_t{records} * 16);
    const uint32_t index = sluice::records::pin(*batch, buffer);
    sluice::records::unref_take(buffer);
    batch->count = records;
    for (uint32_t r = 0; r < records; ++r)
      *batch->at(r) = {.data = buffer->data, .size = 16, .buffer = index, .receive_time_ns = 0};
    made.push_back(batch);
  }
  return made;
}

void push_all(EdgeQueue& queue, const std::vector<HostBatch*>& made, Waker& producer) {
  for (HostBatch* batch : made) {
    HostBatch* rest = queue.push(batch).rest;
    while (rest != nullptr) {
      producer.clear();
      queue.ask_for_wake();
      if (!queue.has_room()) producer.wait_until(sluice::engine::monotonic_ns() + long_ns);
      rest = queue.push(rest).rest;
    }
  }
}

void pop_all(EdgeQueue& queue, Waker& consumer) {
  uint32_t popped = 0;
  while (popped < batches * rounds) {
    consumer.clear();
    bool found = false;
    while (queue.pop() != nullptr) {
      ++popped;
      found = true;
    }
    if (!found) consumer.wait_until(sluice::engine::monotonic_ns() + long_ns);
  }
}

void edge_queue(benchmark::State& state) {
  const auto records = static_cast<uint32_t>(state.range(0));
  std::vector<double> cpu_ns;
  std::vector<double> wall_ns;
  const std::vector<HostBatch*> made = make_batches(records);
  for (auto _ : state) {
    // Less than all batches: none is pushed again before it has been popped.
    EdgeQueue queue({uint64_t{batches} / 2 * records, uint64_t{1} << 30}, WhenFull::block, -1);
    Waker producer;
    Waker consumer;
    queue.add_producer(&producer);
    queue.set_consumer(&consumer);
    const Cost cost = cost_of([&] {
      std::thread other([&] { pop_all(queue, consumer); });
      for (uint32_t round = 0; round < rounds; ++round) push_all(queue, made, producer);
      other.join();
    });
    state.SetIterationTime(cost.wall_ns / 1e9);
    cpu_ns.push_back(cost.cpu_ns / (batches * rounds));
    wall_ns.push_back(cost.wall_ns / (batches * rounds));
  }
  for (HostBatch* batch : made) sluice::records::free_take(batch);
  tell(state, cpu_ns, wall_ns);
}
BENCHMARK(edge_queue)->ArgName("records")->Arg(1)->Arg(64)->Iterations(9)->UseManualTime();

}  // namespace
