// SPDX-License-Identifier: Apache-2.0
#include "worker.hpp"

#include <pthread.h>
#include <signal.h>

namespace sluice::kafka {

void Ending::pause(std::chrono::nanoseconds time) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, time, [this] { return is_asked_ || is_nudged_; });
  is_nudged_ = false;
}

void Ending::nudge() {
  {
    const std::lock_guard lock(mutex_);
    is_nudged_ = true;
  }
  changed_.notify_all();
}

void Ending::tell(const std::function<void()>& call) {
  const std::lock_guard lock(mutex_);
  if (!is_asked_) call();
}

Worker::Worker(const char* name, Body body) {
  // Signals are for the program's own threads.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([ending = ending_, body = std::move(body)]() mutable {
    body(*ending);
    // What it owns goes before it counts as over.
    body = nullptr;
    {
      const std::lock_guard lock(ending->mutex_);
      ending->is_over_ = true;
    }
    ending->changed_.notify_all();
  });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_setname_np(thread_.native_handle(), name);
}

bool Worker::has_ended(std::chrono::milliseconds patience) {
  if (!thread_.joinable()) return true;
  std::unique_lock lock(ending_->mutex_);
  return ending_->changed_.wait_for(lock, patience, [this] { return ending_->is_over_; });
}

void Worker::end(std::chrono::milliseconds patience) {
  if (!thread_.joinable()) return;
  std::unique_lock lock(ending_->mutex_);
  ending_->is_asked_ = true;
  ending_->changed_.notify_all();
  const bool is_over = ending_->changed_.wait_for(lock, patience, [this] { return ending_->is_over_; });
  lock.unlock();
  if (is_over) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

}  // namespace sluice::kafka
