// SPDX-License-Identifier: Apache-2.0
// The same hand-over by moodycamel's queues, in their blocking forms, as a stage that has nothing to do must sleep:
// pointers made ahead, one thread to another. They count neither records nor bytes, nor wake a producer by need.
#include <concurrentqueue/blockingconcurrentqueue.h>
#include <readerwriterqueue/readerwritercircularbuffer.h>
#include <readerwriterqueue/readerwriterqueue.h>

#include <chrono>
#include <thread>

#include "clocks.hpp"

namespace {

using namespace sluice::bench;

constexpr uint32_t items = 100'000;
constexpr size_t bound = 1024;

template <typename Push, typename Pop>
void hand_over(benchmark::State& state, Push&& push, Pop&& pop) {
  static int thing = 0;
  std::vector<double> cpu_ns;
  std::vector<double> wall_ns;
  for (auto _ : state) {
    const Cost cost = cost_of([&] {
      std::thread other([&] {
        void* item = nullptr;
        for (uint32_t i = 0; i < items; ++i) pop(item);
        benchmark::DoNotOptimize(item);
      });
      for (uint32_t i = 0; i < items; ++i) push(&thing);
      other.join();
    });
    state.SetIterationTime(cost.wall_ns / 1e9);
    cpu_ns.push_back(cost.cpu_ns / items);
    wall_ns.push_back(cost.wall_ns / items);
  }
  tell(state, cpu_ns, wall_ns);
}

void moodycamel_circular_buffer(benchmark::State& state) {
  moodycamel::BlockingReaderWriterCircularBuffer<void*> queue(bound);
  hand_over(
      state, [&](void* item) { queue.wait_enqueue(item); }, [&](void*& item) { queue.wait_dequeue(item); });
}
BENCHMARK(moodycamel_circular_buffer)->Iterations(9)->UseManualTime();

void moodycamel_readerwriterqueue(benchmark::State& state) {
  moodycamel::BlockingReaderWriterQueue<void*> queue(items);
  hand_over(
      state, [&](void* item) { queue.enqueue(item); }, [&](void*& item) { queue.wait_dequeue(item); });
}
BENCHMARK(moodycamel_readerwriterqueue)->Iterations(9)->UseManualTime();

void moodycamel_concurrentqueue(benchmark::State& state) {
  moodycamel::BlockingConcurrentQueue<void*> queue(items);
  moodycamel::ProducerToken producer(queue);
  hand_over(
      state, [&](void* item) { queue.enqueue(producer, item); }, [&](void*& item) { queue.wait_dequeue(item); });
}
BENCHMARK(moodycamel_concurrentqueue)->Iterations(9)->UseManualTime();

void wake_moodycamel_readerwriterqueue(benchmark::State& state) {
  std::vector<int64_t> latencies_ns;
  for (auto _ : state) {
    moodycamel::BlockingReaderWriterQueue<int64_t> queue(16);
    std::thread other([&] {
      int64_t sent_ns = 0;
      for (int i = 0; i < 1000; ++i) {
        queue.wait_dequeue(sent_ns);
        latencies_ns.push_back(wall_clock_ns() - sent_ns);
      }
    });
    const int64_t start_ns = wall_clock_ns();
    for (int i = 0; i < 1000; ++i) {
      std::this_thread::sleep_for(std::chrono::microseconds(300));
      queue.enqueue(wall_clock_ns());
    }
    other.join();
    state.SetIterationTime(static_cast<double>(wall_clock_ns() - start_ns) / 1e9);
  }
  tell_latency(state, std::move(latencies_ns));
}
BENCHMARK(wake_moodycamel_readerwriterqueue)->Iterations(3)->UseManualTime();

}  // namespace
