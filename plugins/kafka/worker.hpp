// SPDX-License-Identifier: Apache-2.0
// A thread that asks a cluster for things, and so may stand in a call for as long as a broker is silent. Whoever ends
// it waits for a moment and then goes on without it: so what it uses must be owned by what it runs (shared pointers),
// but for calls that go through Ending::tell, which never happen after the end.
#pragma once
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace sluice::kafka {

/// Whether the thread is to end, and how it waits meanwhile. Any thread.
class Ending {
 public:
  bool is_asked() const {
    const std::lock_guard lock(mutex_);
    return is_asked_;
  }
  /// Until then, until nudge(), or until it is to end.
  void pause(std::chrono::nanoseconds time);
  void nudge();
  /// Calls `call` unless the end was asked for: then whom it calls may be gone.
  void tell(const std::function<void()>& call);

 private:
  friend class Worker;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool is_asked_ = false;
  bool is_nudged_ = false;
  bool is_over_ = false;
};

class Worker {
 public:
  using Body = std::function<void(Ending&)>;
  Worker() = default;
  Worker(const char* name, Body body);
  Worker(Worker&& other) noexcept = default;
  Worker& operator=(Worker&& other) noexcept {
    std::swap(ending_, other.ending_);
    std::swap(thread_, other.thread_);
    return *this;
  }
  ~Worker() { end(std::chrono::milliseconds(50)); }
  /// Waits for `patience` at most.
  void end(std::chrono::milliseconds patience);
  /// Whether it has ended by itself, waiting for that long; true where none was begun.
  bool has_ended(std::chrono::milliseconds patience);
  void nudge() const { ending_->nudge(); }

 private:
  std::shared_ptr<Ending> ending_ = std::make_shared<Ending>();
  std::thread thread_;
};

}  // namespace sluice::kafka
