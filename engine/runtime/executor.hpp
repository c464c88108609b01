// SPDX-License-Identifier: Apache-2.0
// Who runs the turns of a graph's stages, and how the thread that drives the graph waits. In production that is
// Threads. A test may run all stages turn by turn in its own thread instead: then nothing else in the engine starts a
// thread or waits for one. All functions are of the thread that drives the graph.
#pragma once
#include <cstdint>
#include <functional>

#include "runtime/bell.hpp"
#include "sluice/result.hpp"

namespace sluice::engine {

class Stage;

class Executor {
 public:
  virtual ~Executor() = default;
  /// From here on the stage begins, takes its turns until none follows, and leaves.
  virtual Result<void> start(Stage& stage) = 0;
  /// Waits until the stage has left; not at all if it was never started. From then on nobody calls the wake slot of its
  /// source. False: another thread is still in that slot at this moment of the monotonic clock, so the source may not
  /// be closed.
  virtual bool join(Stage& stage, int64_t until_ns) = 0;
  /// Does this work beside whatever else runs. It may take long.
  virtual void do_aside(std::function<void()> work) = 0;
  /// Returns when all of that is done.
  virtual void join_aside() = 0;
  /// Returns when the bell has rung more often than that, or at this moment of the monotonic clock.
  virtual void wait(Bell& bell, uint64_t seen, int64_t until_ns) = 0;
};

}  // namespace sluice::engine
