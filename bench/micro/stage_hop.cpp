// SPDX-License-Identifier: Apache-2.0
// A hop through a buffered edge between two busy stages: the processor time of both threads, above what the same graph
// costs with a direct edge. Once with a sink that has less to do than the source, and so looks for work often, once
// with one that has more, and so keeps the edge full. The wall time is that of the whole graph: a batch made, handed
// over, settled and freed.
#include "clocks.hpp"
#include "graphs.hpp"

namespace {

using namespace sluice::bench;

void stage_hop(benchmark::State& state) {
  const auto records = static_cast<uint32_t>(state.range(0));
  const Load load{300'000, records, static_cast<uint32_t>(state.range(1))};
  const auto made = static_cast<double>(load.batches);
  std::vector<double> cpu_ns;
  std::vector<double> wall_ns;
  for (auto _ : state) {
    const Cost direct = cost_of([&] { run_direct(load, 1); });
    const Cost buffered = cost_of([&] { run_buffered(load); });
    state.SetIterationTime(buffered.wall_ns / 1e9);
    cpu_ns.push_back((buffered.cpu_ns - direct.cpu_ns) / made);
    wall_ns.push_back(buffered.wall_ns / made);
  }
  tell(state, cpu_ns, wall_ns);
}
BENCHMARK(stage_hop)
    ->ArgNames({"records", "sink_work"})
    ->ArgsProduct({{1, 64}, {0, 1500}})
    ->Iterations(9)
    ->UseManualTime();

}  // namespace
