// SPDX-License-Identifier: Apache-2.0
// No wake is lost, whatever the stage is doing when it comes, and none reaches a source that is being closed.
#include "runtime/waker.hpp"

#include <array>
#include <condition_variable>
#include <thread>

#include "catch.hpp"
#include "runtime/clock.hpp"

using sluice::engine::monotonic_ns;
using sluice::engine::Waker;

namespace {

constexpr int64_t a_minute_ns = 60'000'000'000;

/// Waits as a stage without a source does, or as a source's poll does.
class Sleeper {
 public:
  explicit Sleeper(bool polls) : polls_(polls) {
    waker.set_poll_wake([this] {
      const std::lock_guard lock(mutex_);
      is_woken_ = true;
      changed_.notify_one();
    });
  }
  void wait() {
    if (!polls_) {
      waker.wait_until(monotonic_ns() + a_minute_ns);
      return;
    }
    if (!waker.enter_poll()) return;
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, std::chrono::minutes(3), [this] { return is_woken_; });
      is_woken_ = false;
    }
    waker.leave_poll();
  }
  Waker waker;

 private:
  const bool polls_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_woken_ = false;
};

}  // namespace

TEST_CASE("ping-pong between two stages never loses a wake") {
  constexpr uint64_t rounds = 20'000;
  for (const bool polls : {false, true}) {
    std::array<Sleeper, 2> sleepers{Sleeper(polls), Sleeper(polls)};
    // What was made before a wake is a sequentially consistent store, as the stage's own flags are.
    std::array<std::atomic<uint64_t>, 2> balls{};
    const int64_t begun_ns = monotonic_ns();
    const auto play = [&](size_t me) {
      for (uint64_t round = 1; round <= rounds; ++round) {
        if (me == 0) {
          balls[1].store(round);
          sleepers[1].waker.wake();
        }
        for (;;) {
          sleepers[me].waker.clear();
          if (balls[me].load() >= round) break;
          sleepers[me].wait();
        }
        if (me == 1) {
          balls[0].store(round);
          sleepers[0].waker.wake();
        }
      }
    };
    std::thread other([&] { play(1); });
    play(0);
    other.join();
    // A lost wake costs the whole minute.
    CHECK(monotonic_ns() - begun_ns < a_minute_ns);
    CHECK(balls[0] == rounds);
  }
}

TEST_CASE("many that wake, one that sleeps: the last signal is always seen") {
  for (const bool polls : {false, true}) {
    Sleeper sleeper(polls);
    std::atomic<uint64_t> made{0};
    constexpr uint64_t each = 20'000;
    std::array<std::thread, 3> threads;
    for (auto& thread : threads) {
      thread = std::thread([&] {
        for (uint64_t i = 0; i < each; ++i) {
          made.fetch_add(1);
          sleeper.waker.wake();
        }
      });
    }
    uint64_t seen = 0;
    const int64_t begun_ns = monotonic_ns();
    while (seen < threads.size() * each) {
      sleeper.waker.clear();
      const uint64_t now = made.load();
      if (now == seen) sleeper.wait();
      seen = now;
    }
    for (auto& thread : threads) thread.join();
    CHECK(monotonic_ns() - begun_ns < a_minute_ns);
  }
}

TEST_CASE("a wake before the wait makes it return at once, and a deadline in the past too") {
  Waker waker;
  waker.clear();
  waker.wake();
  waker.wait_until(INT64_MAX);
  waker.clear();
  waker.wait_until(monotonic_ns() - 1);
  waker.clear();
  waker.wake();
  CHECK_FALSE(waker.enter_poll());
  waker.clear();
  CHECK(waker.enter_poll());
  waker.leave_poll();
}

TEST_CASE("after end_poll_wakes nobody is inside a source's wake slot, and nobody enters it") {
  for (int round = 0; round < 300; ++round) {
    Waker waker;
    auto source = std::make_unique<std::atomic<uint64_t>>(0);
    waker.set_poll_wake([&source] { source->fetch_add(1); });
    waker.clear();
    REQUIRE(waker.enter_poll());
    std::thread late([&] { waker.wake(); });
    if (round % 2 == 0) std::this_thread::yield();
    waker.leave_poll();
    CHECK(waker.end_poll_wakes(INT64_MAX));
    source.reset();
    late.join();
    waker.clear();
    CHECK(waker.enter_poll());
    waker.wake();
  }
}
