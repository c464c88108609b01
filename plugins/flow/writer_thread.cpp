// SPDX-License-Identifier: Apache-2.0
#include "writer_thread.hpp"

namespace sluice::flow {

void WriterThread::start() {
  worker_.start("flow-writer", [this](Pace& pace) { run(pace); });
}

void WriterThread::push(Batch batch) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(batch));
  }
  worker_.wake();
}

void WriterThread::run(Pace& pace) {
  std::vector<Batch> taken;
  while (true) {
    // Asked before the queue is, so that nothing is left in it.
    const bool is_last = pace.is_ending();
    const std::optional<Duration> longest = writer_.tick();
    {
      const std::lock_guard lock(mutex_);
      taken.swap(queue_);
    }
    if (!taken.empty()) {
      writer_.write(taken);
      taken.clear();
    } else if (is_last) {
      return;
    } else if (longest) {
      pace.wait_for(*longest);
    } else {
      pace.wait();
    }
  }
}

}  // namespace sluice::flow
