// SPDX-License-Identifier: Apache-2.0
// What a run cost: wall time and the processor time of the whole process, all threads. On a machine that others use
// too the second is the steadier figure. Samples are gathered and told as their median, with the least beside it.
#pragma once
#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

namespace sluice::bench {

int64_t wall_clock_ns();
int64_t cpu_clock_ns();

struct Cost {
  double wall_ns = 0;
  double cpu_ns = 0;
};

template <typename F>
Cost cost_of(F&& run) {
  const int64_t wall_ns = wall_clock_ns();
  const int64_t cpu_ns = cpu_clock_ns();
  run();
  return {static_cast<double>(wall_clock_ns() - wall_ns), static_cast<double>(cpu_clock_ns() - cpu_ns)};
}

double median(std::vector<double> samples);
double least(const std::vector<double>& samples);

/// Counters of a hop: cpu_ns_a_batch (median), cpu_ns_least, wall_ns_a_batch (median).
void tell(benchmark::State& state, const std::vector<double>& cpu_ns, const std::vector<double>& wall_ns);
/// Counters of latencies in nanoseconds: p50_us, p99_us.
void tell_latency(benchmark::State& state, std::vector<int64_t> latencies_ns);

}  // namespace sluice::bench
