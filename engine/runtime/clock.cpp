// SPDX-License-Identifier: Apache-2.0
#include "runtime/clock.hpp"

#include <time.h>

namespace sluice::engine {
namespace {

int64_t read_clock(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

class MachineClock final : public Clock {
 public:
  int64_t monotonic_ns() const override { return engine::monotonic_ns(); }
  int64_t wall_ns() const override { return engine::wall_ns(); }
};

}  // namespace

int64_t monotonic_ns() { return read_clock(CLOCK_MONOTONIC); }
int64_t wall_ns() { return read_clock(CLOCK_REALTIME); }

const Clock& machine_clock() {
  // For the process's life: a plugin's late thread may read it while the program ends.
  static const Clock& clock = *new MachineClock;
  return clock;
}

}  // namespace sluice::engine
