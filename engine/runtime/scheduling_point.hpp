// SPDX-License-Identifier: Apache-2.0
// Places in the runtime where other threads may change what the calling one sees next. Whoever runs a whole graph in
// one thread may take part there: at each point it may run anything that another thread could have run just then. No
// lock is held at any of them. Where nobody takes part, a point costs a load and a branch, and none is passed for each
// record.
#pragma once

namespace sluice::engine {

enum class SchedulingPoint {
  queue_push,    ///< a batch is about to enter a queue
  queue_pop,     ///< a batch has left a queue
  settle,        ///< a verdict was given, and no account has heard of it
  settled,       ///< the account has heard of it, and nobody was told
  account_read,  ///< part of an account was read, and the rest was not
};

class Scheduler {
 public:
  virtual void reached(SchedulingPoint point) = 0;
  /// Of the calling thread; null: nobody takes part.
  static inline constinit thread_local Scheduler* of_this_thread = nullptr;

 protected:
  ~Scheduler() = default;
};

inline void reach(SchedulingPoint point) {
  if (Scheduler::of_this_thread != nullptr) [[unlikely]]
    Scheduler::of_this_thread->reached(point);
}

}  // namespace sluice::engine
