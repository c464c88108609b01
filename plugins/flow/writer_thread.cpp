// SPDX-License-Identifier: Apache-2.0
#include "writer_thread.hpp"

#include <pthread.h>
#include <signal.h>

namespace sluice::flow {

void WriterThread::start() {
  // Blocked before the thread exists, so that it never runs without the mask.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void WriterThread::push(Batch batch) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(batch));
  }
  changed_.notify_one();
}

void WriterThread::end() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool WriterThread::sleep(Duration time) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, time, [this] { return is_ending_; });
}

bool WriterThread::is_ending() {
  const std::lock_guard lock(mutex_);
  return is_ending_;
}

void WriterThread::run() {
  std::vector<Batch> taken;
  while (true) {
    const std::optional<Duration> longest = writer_.tick();
    {
      std::unique_lock lock(mutex_);
      const auto has_news = [this] { return is_ending_ || !queue_.empty(); };
      if (longest) {
        changed_.wait_for(lock, *longest, has_news);
      } else {
        changed_.wait(lock, has_news);
      }
      if (queue_.empty() && is_ending_) return;
      taken.swap(queue_);
    }
    if (!taken.empty()) writer_.write(taken);
    taken.clear();
  }
}

}  // namespace sluice::flow
