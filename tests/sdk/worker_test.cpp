// SPDX-License-Identifier: Apache-2.0
#include "sluice/worker.hpp"

#include <array>

#include "catch.hpp"

using sluice::Pace;
using sluice::Worker;
using std::chrono::hours;
using std::chrono::milliseconds;

namespace {

/// Set once, awaited from another thread.
class Flag {
 public:
  void set() {
    const std::lock_guard lock(mutex_);
    is_set_ = true;
    changed_.notify_all();
  }
  void await() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return is_set_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_set_ = false;
};

bool blocks_all() {
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  for (const int signal : {SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGPIPE, SIGCHLD, SIGUSR1, SIGUSR2, SIGALRM}) {
    if (sigismember(&mask, signal) != 1) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("a worker blocks all signals and has a name, and its starter keeps its own mask") {
  bool is_masked = false;
  std::array<char, 16> name{};
  {
    Worker worker("a-name-that-is-longer", [&](Pace&) {
      is_masked = blocks_all();
      pthread_getname_np(pthread_self(), name.data(), name.size());
    });
  }
  CHECK(is_masked);
  CHECK(std::string(name.data()) == "a-name-that-is-");
  CHECK_FALSE(blocks_all());
}

TEST_CASE("threads that are started while signals are blocked keep them blocked") {
  bool is_masked = false;
  std::thread thread;
  {
    const sluice::BlockedSignals blocked;
    thread = std::thread([&] { is_masked = blocks_all(); });
  }
  thread.join();
  CHECK(is_masked);
  CHECK_FALSE(blocks_all());
}

TEST_CASE("a wake before the wait is not lost, and ends one wait only") {
  Flag is_woken, has_waited;
  std::atomic<int> waits{0};
  Worker worker("waker", [&](Pace& pace) {
    is_woken.await();
    pace.wait();  // would never return without the wake that came before
    ++waits;
    has_waited.set();
    pace.wait_for(hours(1));  // only the end ends this one
    if (pace.is_ending()) ++waits;
  });
  worker.wake();
  worker.wake();
  is_woken.set();
  has_waited.await();
  worker.end();
  CHECK(waits == 2);
}

TEST_CASE("a wake ends a wait but no sleep, and is kept through the sleep") {
  Flag is_woken;
  bool slept = false;
  bool was_woken = false;
  Worker worker("sleeper", [&](Pace& pace) {
    is_woken.await();
    slept = pace.sleep_for(milliseconds(1));
    pace.wait();
    was_woken = !pace.is_ending();
  });
  worker.wake();
  is_woken.set();
  while (!worker.has_ended(hours(1))) continue;
  CHECK(slept);
  CHECK(was_woken);
}

TEST_CASE("destruction ends every wait and joins") {
  std::atomic<bool> has_returned{false};
  for (int kind = 0; kind < 3; ++kind) {
    has_returned = false;
    {
      Worker worker("ending", [&](Pace& pace) {
        if (kind == 0) pace.wait();
        if (kind == 1) pace.wait_for(hours(1));
        if (kind == 2 && pace.sleep_for(hours(1))) return;
        has_returned = pace.is_ending().load();
      });
    }
    CHECK(has_returned);
  }
}

TEST_CASE("a worker that was not started ends at once") {
  Worker worker;
  CHECK(worker.has_ended(hours(1)));
  worker.wake();
  worker.end_within(hours(1));
  worker.end();
}

TEST_CASE("what is called unless the worker ends is never called after its end") {
  const auto may_call = std::make_shared<Flag>();
  const auto is_over = std::make_shared<Flag>();
  const auto was_called = std::make_shared<std::atomic<bool>>(false);
  {
    Worker worker("left-behind", [=](Pace& pace) {
      may_call->await();
      pace.unless_ending([&] { *was_called = true; });
      is_over->set();
    });
    worker.end_within(milliseconds(0));
  }
  may_call->set();
  is_over->await();
  CHECK_FALSE(was_called->load());
}

TEST_CASE("what the body owns is gone before the worker counts as ended") {
  auto owned = std::make_shared<int>(1);
  const std::weak_ptr<int> seen = owned;
  Worker worker("owner", [kept = std::move(owned)](Pace&) {});
  CHECK(worker.has_ended(hours(1)));
  CHECK(seen.expired());
}
