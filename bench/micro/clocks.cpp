// SPDX-License-Identifier: Apache-2.0
#include "clocks.hpp"

#include <time.h>

#include <algorithm>

namespace sluice::bench {
namespace {

int64_t read(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

int64_t wall_clock_ns() { return read(CLOCK_MONOTONIC); }
int64_t cpu_clock_ns() { return read(CLOCK_PROCESS_CPUTIME_ID); }

double median(std::vector<double> samples) {
  if (samples.empty()) return 0;
  std::sort(samples.begin(), samples.end());
  return samples[samples.size() / 2];
}

double least(const std::vector<double>& samples) {
  return samples.empty() ? 0 : *std::min_element(samples.begin(), samples.end());
}

void tell(benchmark::State& state, const std::vector<double>& cpu_ns, const std::vector<double>& wall_ns) {
  state.counters["cpu_ns_a_batch"] = median(cpu_ns);
  state.counters["cpu_ns_least"] = least(cpu_ns);
  state.counters["wall_ns_a_batch"] = median(wall_ns);
}

void tell_latency(benchmark::State& state, std::vector<int64_t> latencies_ns) {
  if (latencies_ns.empty()) return;
  std::sort(latencies_ns.begin(), latencies_ns.end());
  const auto at = [&](size_t percent) {
    return static_cast<double>(latencies_ns[(latencies_ns.size() - 1) * percent / 100]) / 1000;
  };
  state.counters["p50_us"] = at(50);
  state.counters["p99_us"] = at(99);
}

}  // namespace sluice::bench
