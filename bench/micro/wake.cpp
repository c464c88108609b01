// SPDX-License-Identifier: Apache-2.0
// From the emit in one stage to the call of a node in another one that slept, through a buffered edge.
#include "clocks.hpp"
#include "graphs.hpp"

namespace {

using namespace sluice::bench;

void wake_stage(benchmark::State& state) {
  std::vector<int64_t> latencies_ns;
  for (auto _ : state) {
    const int64_t start_ns = wall_clock_ns();
    const auto some = ping_sleeping_stage(1000);
    latencies_ns.insert(latencies_ns.end(), some.begin(), some.end());
    state.SetIterationTime(static_cast<double>(wall_clock_ns() - start_ns) / 1e9);
  }
  tell_latency(state, std::move(latencies_ns));
}
BENCHMARK(wake_stage)->Iterations(3)->UseManualTime();

}  // namespace
