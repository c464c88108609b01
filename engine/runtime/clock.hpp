// SPDX-License-Identifier: Apache-2.0
// The clocks of the engine. A running graph reads them only through the Clock in its options, so a test decides what
// time it is. Any thread.
#pragma once
#include <cstdint>

namespace sluice::engine {

/// Nanoseconds of the clock that never steps; the one that all deadlines are of.
int64_t monotonic_ns();
/// Nanoseconds since 1970, UTC.
int64_t wall_ns();

class Clock {
 public:
  virtual ~Clock() = default;
  virtual int64_t monotonic_ns() const = 0;
  virtual int64_t wall_ns() const = 0;
};

/// That of the machine.
const Clock& machine_clock();

}  // namespace sluice::engine
