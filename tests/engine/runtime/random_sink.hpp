// SPDX-License-Identifier: Apache-2.0
// A sink with a thread of its own that settles what it owns in random order and, where it may, refuses some records.
#pragma once
#include <random>
#include <thread>

#include "test_nodes.hpp"

namespace sluice::testing {

struct RandomSinkState {
  uint32_t seed = 0;
  bool refuses = false;
  std::atomic<uint64_t> stored{0};
};

class RandomSink : public Sink {
 public:
  RandomSink(Context context, RandomSinkState& state) : context_(context), state_(state), random_(state.seed) {}
  ~RandomSink() override {
    {
      const std::lock_guard lock(mutex_);
      is_over_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) thread_.join();
  }
  static void describe(Config, Description&) {}
  static Result<std::unique_ptr<RandomSink>> open(Context context, Config options) {
    return std::make_unique<RandomSink>(context, Shared::of<RandomSinkState>(options));
  }
  Result<void> start() override {
    thread_ = std::thread([this] { settle_at_random(); });
    return {};
  }
  Result<void> write(Batch batch) override {
    {
      const std::lock_guard lock(mutex_);
      owned_.push_back(std::move(batch));
    }
    changed_.notify_one();
    return {};
  }

 private:
  void settle_at_random() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return is_over_ || !owned_.empty(); });
      if (is_over_) return;
      const size_t which = random_() % owned_.size();
      Batch batch = std::move(owned_[which]);
      owned_.erase(owned_.begin() + static_cast<std::ptrdiff_t>(which));
      lock.unlock();
      for (uint64_t turns = random_() % 4; turns > 0; --turns) std::this_thread::yield();
      settle(std::move(batch));
      lock.lock();
    }
  }
  void settle(Batch batch) {
    std::vector<uint8_t> lanes(batch.size());
    for (uint8_t& lane : lanes) {
      const uint64_t dice = random_() % 30;
      lane = state_.refuses && dice == 0 ? 1 : dice == 1 ? 2 : 0;
    }
    auto parts = std::move(batch).split(lanes.data(), 3);
    if (parts[0]) {
      state_.stored += parts[0].size();
      std::move(parts[0]).deliver();
    }
    if (parts[1]) std::move(parts[1]).fail(permanent("refused at random"));
    if (parts[2]) std::move(parts[2]).discard("at random");
  }

  Context context_;
  RandomSinkState& state_;
  std::mt19937 random_;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Batch> owned_;
  bool is_over_ = false;
};

inline constexpr sluice_node_type random_sink_type = sink_type<RandomSink>("random_sink", "Settles at random.", {});

}  // namespace sluice::testing
