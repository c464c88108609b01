// SPDX-License-Identifier: Apache-2.0
// A sink that keeps what it gets until the test settles it, from whatever thread the test likes. What is left when the
// graph closes is dropped, as a real sink would drop it.
#pragma once
#include <deque>

#include "test_nodes.hpp"

namespace sluice::testing {

struct HeldState {
  Signal signal{};
  std::mutex mutex{};
  std::deque<Batch> batches{};  ///< guarded by mutex
  uint64_t most_at_once = 0;    ///< guarded by mutex; batches
  Context context{};            ///< from open on
  std::atomic<uint64_t> flushes{0};
  std::atomic<Flush> last_flush{};

  size_t count() {
    const std::lock_guard lock(mutex);
    return batches.size();
  }
  uint64_t records() {
    const std::lock_guard lock(mutex);
    uint64_t all = 0;
    for (const Batch& batch : batches) all += batch.size();
    return all;
  }
  [[nodiscard]] bool wait_for(size_t at_least) {
    return signal.wait([&] { return count() >= at_least; });
  }
  Batch take() {
    const std::lock_guard lock(mutex);
    Batch batch = std::move(batches.front());
    batches.pop_front();
    return batch;
  }
};

class HeldSink : public Sink {
 public:
  explicit HeldSink(HeldState& state) : state_(state) {}
  ~HeldSink() override {
    std::deque<Batch> rest;
    const std::lock_guard lock(state_.mutex);
    rest.swap(state_.batches);
  }
  static void describe(Config, Description&) {}
  static Result<std::unique_ptr<HeldSink>> open(Context context, Config options) {
    auto& state = Shared::of<HeldState>(options);
    state.context = context;
    return std::make_unique<HeldSink>(state);
  }
  Result<void> write(Batch batch) override {
    {
      const std::lock_guard lock(state_.mutex);
      state_.batches.push_back(std::move(batch));
      state_.most_at_once = std::max<uint64_t>(state_.most_at_once, state_.batches.size());
    }
    state_.signal.notify();
    return {};
  }
  Result<void> flush(Flush why) override {
    state_.last_flush = why;
    state_.flushes.fetch_add(1);
    state_.signal.notify();
    return {};
  }

 private:
  HeldState& state_;
};

inline constexpr sluice_node_type held_type = sink_type<HeldSink>("held", "Holds.", {});

}  // namespace sluice::testing
