// SPDX-License-Identifier: Apache-2.0
// A hop without a buffer: emit to the next node's process. What five hops cost above one, a hop: graphs
// have chains of that length.
#include "clocks.hpp"
#include "graphs.hpp"

namespace {

using namespace sluice::bench;

constexpr uint32_t hops = 4;

void direct_hop(benchmark::State& state) {
  const auto records = static_cast<uint32_t>(state.range(0));
  const Load load{200'000, records};
  const double made = static_cast<double>(load.batches) * hops;
  std::vector<double> cpu_ns;
  std::vector<double> wall_ns;
  for (auto _ : state) {
    const Cost one = cost_of([&] { run_direct(load, 1); });
    const Cost many = cost_of([&] { run_direct(load, 1 + hops); });
    state.SetIterationTime(many.wall_ns / 1e9);
    cpu_ns.push_back((many.cpu_ns - one.cpu_ns) / made);
    wall_ns.push_back((many.wall_ns - one.wall_ns) / made);
  }
  tell(state, cpu_ns, wall_ns);
}
BENCHMARK(direct_hop)->ArgName("records")->Arg(1)->Arg(64)->Iterations(9)->UseManualTime();

}  // namespace
