// SPDX-License-Identifier: Apache-2.0
// The thread of a sink that writes where a write may wait. Takes batches from the stage without waiting, hands them to
// the writer in order, as many at once as there are, and ends within the writer's current call. The sink's
// max_in_flight bounds the queue.
#pragma once
#include <mutex>
#include <optional>
#include <vector>

#include "sluice/batch.hpp"
#include "sluice/worker.hpp"

namespace sluice::flow {

class WriterThread {
 public:
  using Duration = Pace::Duration;
  /// What the thread calls, never two calls at once.
  class Writer {
   public:
    virtual ~Writer() = default;
    /// Settles each batch. What it leaves in the vector is dropped, which is right only when the thread ends.
    virtual void write(std::vector<Batch>& batches) = 0;
    /// After each write and each wait: how long to wait at most; nothing: until there is something to write.
    virtual std::optional<Duration> tick() { return std::nullopt; }
  };

  explicit WriterThread(Writer& writer) : writer_(writer) {}
  WriterThread(const WriterThread&) = delete;
  WriterThread& operator=(const WriterThread&) = delete;
  ~WriterThread() { end(); }

  void start();
  /// Any thread; never waits for a write.
  void push(Batch batch);
  /// Writes what it has, unless that fails, and joins. The writer must still be alive.
  void end() { worker_.end(); }
  /// Writer's thread: waits, and says whether to go on; false as soon as the thread is to end.
  bool sleep(Duration time) { return worker_.pace().sleep_for(time); }
  bool is_ending() const { return worker_.pace().is_ending(); }

 private:
  void run(Pace& pace);
  Writer& writer_;
  std::mutex mutex_;
  std::vector<Batch> queue_;
  Worker worker_;
};

}  // namespace sluice::flow
