// SPDX-License-Identifier: Apache-2.0
// Times the hot paths: processor time of the thread that does the work, between the meter's start and stop. The counter
// `ns` is the median of the rounds for one unit, `ns_least` the least; the label says what the unit is.
#include <benchmark/benchmark.h>
#include <time.h>

#include <string>
#include <utility>
#include <vector>

#include "../micro/clocks.hpp"
#include "hot_path.hpp"

namespace {

using namespace sluice::bench;

constexpr int rounds = 301;

class ThreadClock : public Meter {
 public:
  void start() override { begin_ns_ = now(); }
  void stop() override { sum_ns_ += now() - begin_ns_; }
  int64_t take() { return std::exchange(sum_ns_, 0); }

 private:
  static int64_t now() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
  }
  int64_t begin_ns_ = 0;
  int64_t sum_ns_ = 0;
};

void run(benchmark::State& state, const HotPath& path) {
  const Round round = path.make();
  ThreadClock clock;
  round(clock);
  clock.take();
  std::vector<double> ns_a_unit;
  for (auto _ : state) {
    const auto units = static_cast<double>(round(clock));
    const auto ns = static_cast<double>(clock.take());
    state.SetIterationTime(ns / 1e9);
    ns_a_unit.push_back(ns / units);
  }
  state.counters["ns"] = median(ns_a_unit);
  state.counters["ns_least"] = least(ns_a_unit);
  state.SetLabel("a " + std::string(path.unit));
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  for (const HotPath& path : hot_paths()) {
    benchmark::RegisterBenchmark(path.name.data(), &run, path)->UseManualTime()->Iterations(rounds);
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
