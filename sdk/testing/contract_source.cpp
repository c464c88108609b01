// SPDX-License-Identifier: Apache-2.0
// The contract of sources: credit is kept, deadlines are kept, wake works, ranges go forward, stop is final.
#include <condition_variable>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "contract.hpp"

namespace sluice::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Wakes a source that missed its deadline, so that the test goes on and can say so.
class Watchdog {
 public:
  Watchdog(Harness& node, seconds patience) : thread_([this, &node, patience] { watch(node, patience); }) {}
  /// True when it had to step in.
  bool call_off() {
    {
      const std::lock_guard lock(mutex_);
      done_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
    return barked_;
  }
  ~Watchdog() { call_off(); }

 private:
  void watch(Harness& node, seconds patience) {
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, patience, [&] { return done_; })) {
      barked_ = true;
      node.wake();
    }
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  bool barked_ = false;
  std::thread thread_;
};

Poll poll(Harness& node, uint64_t credit, nanoseconds wait) {
  Watchdog watchdog(node, std::chrono::minutes(1) + std::chrono::duration_cast<seconds>(wait));
  const Result<Poll> polled = node.poll(credit, wait);
  if (watchdog.call_off()) throw std::runtime_error("poll did not return by its deadline, nor a minute later");
  if (!polled) throw std::runtime_error("poll failed: " + polled.error().message);
  return *polled;
}

void try_no_credit(const Trial& trial, const Setup& setup) {
  trial.rule("poll without credit", [&] {
    Harness node(trial.type, trial.options, setup);
    node.begin();
    // Most of a few, as the system may make any single poll late, but a source may also have protocol to do.
    constexpr int polls = 5;
    int waited = 0;
    for (int i = 0; i < polls; ++i) {
      const nanoseconds wait = milliseconds(20);
      const int64_t deadline_ns = node.monotonic_ns() + wait.count();
      if (poll(node, 0, wait) == Poll::ended) return;
      waited += node.monotonic_ns() >= deadline_ns ? 1 : 0;
    }
    if (waited <= polls / 2) {
      trial.violation("poll without credit", "returns before its deadline without a cause: the stage would spin");
    }
  });
}

void try_wake(const Trial& trial, const Setup& setup) {
  trial.rule("wake", [&] {
    Harness node(trial.type, trial.options, setup);
    node.begin();
    for (int round = 0; round < 4; ++round) {
      const nanoseconds wait = trial.with.patience;
      const int64_t deadline_ns = node.monotonic_ns() + wait.count();
      // Either before poll begins or while it waits: it must return both times.
      std::thread waker([&] { node.wake(); });
      if (round == 0) waker.join();
      const Poll polled = poll(node, 0, wait);
      if (waker.joinable()) waker.join();
      if (polled == Poll::ended) return;
      if (node.monotonic_ns() >= deadline_ns) throw std::runtime_error("wake did not end a poll");
    }
  });
}

void check_ranges(const Harness& node, const std::deque<Emission>& emitted) {
  std::map<uint32_t, int64_t> ends;
  for (const PartitionCopy& partition : node.partitions()) ends[partition.id] = partition.position;
  for (const Emission& each : emitted) {
    if (each.partition == SLUICE_NO_PARTITION) continue;
    const auto at = ends.find(each.partition);
    if (at == ends.end()) throw std::runtime_error("emits from a partition that it has not opened");
    if (each.end < at->second) throw std::runtime_error("emits a range that ends before the end of the last one");
    at->second = each.end;
  }
}

void try_commit(Harness& node) {
  if (node.described().fact(SLUICE_FACT_REPLAY) != SLUICE_REPLAY_FROM_COMMIT) return;
  for (const PartitionCopy& partition : node.partitions()) {
    const std::optional<int64_t> position = node.settled_position(partition.id);
    if (!position) continue;
    Trial::must("commit", node.commit(partition.id, *position));
    const bool answered = node.poll_until(
        [&] {
          for (const CommitCopy& each : node.commits()) {
            if (each.partition == partition.id && each.position == *position) return true;
          }
          return false;
        },
        0);
    if (!answered) throw std::runtime_error("does not answer a commit in a minute");
  }
}

void try_flow(const Trial& trial, Setup setup, unsigned round) {
  setup.seed += round;
  trial.rule("credit and order, seed " + std::to_string(setup.seed), [&] {
    Harness node(trial.type, trial.options, setup);
    node.begin();
    std::mt19937_64 random(setup.seed);
    bool ended = false;
    for (int i = 0; i < 40 && !ended; ++i) {
      ended = poll(node, random() % 3 == 0 ? 1 : random() % 100, milliseconds(2)) == Poll::ended;
      for (Emission& each : node.emitted()) {
        if (each.is_open() && random() % 2 == 0) each.deliver();
      }
    }
    check_ranges(node, node.emitted());
    node.deliver_all();
    if (!ended) try_commit(node);
    node.stop();
    if (!ended) poll(node, 0, milliseconds(2));
    node.finish();
    if (const auto stops = node.stops(); !stops.empty()) throw std::runtime_error("stops: " + stops[0].message);
  });
}

}  // namespace

void try_source(const Trial& trial) {
  Setup setup = trial.with.setup;
  setup.clock = Clock::running;
  try_no_credit(trial, setup);
  try_wake(trial, setup);
  for (unsigned round = 0; round < trial.with.rounds; ++round) try_flow(trial, setup, round);
}

}  // namespace sluice::testing
