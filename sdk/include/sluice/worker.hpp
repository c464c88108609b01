// SPDX-License-Identifier: Apache-2.0
// A thread of a node's own, for work that waits for something outside. It blocks all signals, because those are for the
// program's own threads (a write to a closed pipe or socket is an error, not SIGPIPE), and has a name for ps, top and
// debuggers. Any thread may wake it; a wake that comes before the wait is kept. Destruction asks the thread to end and
// joins it. An exception must not leave the body.
#pragma once
#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

namespace sluice {
inline namespace v1 {

/// Blocks all signals of the calling thread while it lives. Threads that are started meanwhile keep them blocked, also
/// those that a library starts.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;
  ~BlockedSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

/// How a worker's thread waits, and whether it is to end. Any thread may call it; only the worker's should wait.
class Pace {
 public:
  using Duration = std::chrono::nanoseconds;

  const std::atomic<bool>& is_ending() const { return is_ending_; }
  /// Until wake(), or until the thread is to end.
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return is_ending_ || is_woken_; });
    is_woken_ = false;
  }
  /// The same, for at most this long.
  void wait_for(Duration longest) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, longest, [this] { return is_ending_ || is_woken_; });
    is_woken_ = false;
  }
  /// A pause that a wake does not end. False as soon as the thread is to end.
  bool sleep_for(Duration time) {
    std::unique_lock lock(mutex_);
    return !changed_.wait_for(lock, time, [this] { return is_ending_.load(); });
  }
  void wake() {
    {
      const std::lock_guard lock(mutex_);
      is_woken_ = true;
    }
    changed_.notify_all();
  }
  /// Calls `call` unless the thread is to end: after that, whom it calls may be gone. end() waits for the call.
  void unless_ending(const std::function<void()>& call) {
    const std::lock_guard lock(mutex_);
    if (!is_ending_) call();
  }

 private:
  friend class Worker;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> is_ending_{false};  ///< set under the mutex
  bool is_woken_ = false;
  bool is_over_ = false;
};

/// Belongs to one thread at a time; wake() and pace() are for any.
class Worker {
 public:
  using Duration = Pace::Duration;
  using Body = std::function<void(Pace&)>;

  Worker() = default;
  Worker(std::string name, Body body) { start(std::move(name), std::move(body)); }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() { end(); }

  /// Once. Linux keeps 15 bytes of the name. Throws std::system_error when the system refuses a thread, which the host
  /// reports as a limit that a person must raise.
  void start(std::string name, Body body) {
    const BlockedSignals blocked;
    thread_ = std::thread([pace = pace_, name = name.substr(0, 15), body = std::move(body)]() mutable {
      pthread_setname_np(pthread_self(), name.c_str());
      body(*pace);
      // What it owns goes before it counts as over.
      body = nullptr;
      {
        const std::lock_guard lock(pace->mutex_);
        pace->is_over_ = true;
      }
      pace->changed_.notify_all();
    });
  }
  bool is_started() const { return thread_.joinable(); }
  void wake() const { pace_->wake(); }
  Pace& pace() const { return *pace_; }
  /// For a thread that waits elsewhere: ask, wake it there, then end().
  void ask_to_end() {
    {
      const std::lock_guard lock(pace_->mutex_);
      pace_->is_ending_ = true;
    }
    pace_->changed_.notify_all();
  }
  /// Asks the thread to end, and joins it.
  void end() {
    ask_to_end();
    if (thread_.joinable()) thread_.join();
  }
  /// The same for a thread that may stand in a call without end, as for a server that is silent: after `patience` it is
  /// left to itself. So everything that its body uses belongs to the body, or is used in Pace::unless_ending alone.
  void end_within(Duration patience) {
    ask_to_end();
    if (has_ended(patience)) return end();
    thread_.detach();
  }
  /// Whether the body has returned, after a wait of `patience` at most; true when none was started.
  bool has_ended(Duration patience) const {
    if (!thread_.joinable()) return true;
    std::unique_lock lock(pace_->mutex_);
    return pace_->changed_.wait_for(lock, patience, [this] { return pace_->is_over_; });
  }

 private:
  const std::shared_ptr<Pace> pace_ = std::make_shared<Pace>();
  std::thread thread_;
};

}  // namespace v1
}  // namespace sluice
