// SPDX-License-Identifier: Apache-2.0
// Node classes that tests of the runtime share. Each takes its behaviour from a state struct of the test's, found by
// the node's name. Payloads are decimal numbers, so that order and completeness can be read off what arrives.
#pragma once
#include <atomic>
#include <charconv>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "graph_builder.hpp"

namespace sluice::testing {

/// Emits 0, 1, 2, ... as credit allows.
struct NumbersState {
  uint64_t total = 1000;
  uint32_t per_batch = 10;
  bool has_positions = false;
  bool ends = true;
  std::atomic<uint64_t> emitted{0};
  std::atomic<int64_t> committed{0};
  std::atomic<int> polls_without_credit{0};
  std::function<void(Context&)> before_poll = nullptr;
};

class Numbers : public Source {
 public:
  Numbers(Context context, NumbersState& state) : context_(context), state_(state) {}
  static void describe(Config, Description&) {}
  static Result<std::unique_ptr<Numbers>> open(Context context, Config options) {
    return std::make_unique<Numbers>(context, Shared::of<NumbersState>(options));
  }
  Result<Poll> poll(const Credit& credit, int64_t deadline_ns) override {
    if (state_.before_poll) state_.before_poll(context_);
    if (state_.has_positions && partition_ == SLUICE_NO_PARTITION) partition_ = context_.open_partition("numbers", 0);
    if (credit.records == 0) state_.polls_without_credit.fetch_add(1);
    const uint64_t left = state_.total - state_.emitted.load();
    if (is_stopped_ || credit.records == 0 || left == 0) {
      if (left == 0 && state_.ends && !is_stopped_) return Poll::ended;
      std::unique_lock lock(mutex_);
      woken_.wait_for(lock, std::chrono::nanoseconds(std::max<int64_t>(0, deadline_ns - context_.monotonic_ns())),
                      [this] { return is_woken_; });
      is_woken_ = false;
      return Poll::more;
    }
    const auto count = static_cast<uint32_t>(std::min<uint64_t>({left, credit.records, state_.per_batch}));
    const uint64_t first = state_.emitted.load();
    const Buffer buffer = context_.new_buffer(uint64_t{count} * 20);
    Batch batch = context_.new_batch(count);
    const uint32_t pinned = batch.pin(buffer);
    auto* to = reinterpret_cast<char*>(buffer.data());
    for (uint32_t i = 0; i < count; ++i) {
      char* end = std::to_chars(to, to + 20, first + i).ptr;
      Record record = batch.append();
      record.set_payload(reinterpret_cast<uint8_t*>(to), static_cast<uint32_t>(end - to), pinned);
      record.set_receive_time_ns(context_.now_ns());
      to = end;
    }
    state_.emitted += count;
    if (state_.has_positions) {
      const auto start = static_cast<int64_t>(first);
      context_.emit(0, std::move(batch), partition_, start, start + count);
    } else {
      context_.emit_unpositioned(0, std::move(batch));
    }
    return Poll::more;
  }
  void wake() override {
    const std::lock_guard lock(mutex_);
    is_woken_ = true;
    woken_.notify_one();
  }
  void stop() override { is_stopped_ = true; }
  Result<void> commit(uint32_t partition, int64_t position) override {
    state_.committed = position;
    context_.committed(partition, position);
    return {};
  }

 private:
  Context context_;
  NumbersState& state_;
  uint32_t partition_ = SLUICE_NO_PARTITION;
  bool is_stopped_ = false;
  std::mutex mutex_;
  std::condition_variable woken_;
  bool is_woken_ = false;
};

inline uint64_t number_of(Record record) {
  uint64_t number = 0;
  const auto payload = record.payload();
  std::from_chars(payload.data(), payload.data() + payload.size(), number);
  return number;
}

/// What a test does with each batch that reaches a node.
struct FunctionState {
  std::function<Result<void>(Context&, Batch)> process;
  std::function<Result<void>(Context&)> flush;
};

class FunctionTransform : public Transform {
 public:
  FunctionTransform(Context context, FunctionState& state) : context_(context), state_(state) {}
  static void describe(Config, Description&) {}
  static Result<std::unique_ptr<FunctionTransform>> open(Context context, Config options) {
    return std::make_unique<FunctionTransform>(context, Shared::of<FunctionState>(options));
  }
  Result<void> process(uint32_t, Batch batch) override { return state_.process(context_, std::move(batch)); }
  Result<void> flush() override { return state_.flush ? state_.flush(context_) : Result<void>{}; }

 private:
  Context context_;
  FunctionState& state_;
};

class FunctionSink : public Sink {
 public:
  FunctionSink(Context context, FunctionState& state) : context_(context), state_(state) {}
  static void describe(Config, Description&) {}
  static Result<std::unique_ptr<FunctionSink>> open(Context context, Config options) {
    return std::make_unique<FunctionSink>(context, Shared::of<FunctionState>(options));
  }
  Result<void> write(Batch batch) override { return state_.process(context_, std::move(batch)); }
  Result<void> flush() override { return state_.flush ? state_.flush(context_) : Result<void>{}; }

 private:
  Context context_;
  FunctionState& state_;
};

/// Keeps every number that arrives and delivers it at once, unless the test says otherwise per number.
struct CollectState {
  std::mutex mutex;
  std::vector<uint64_t> numbers;  ///< guarded by mutex
  std::vector<uint32_t> sizes;    ///< of batches; guarded by mutex
  std::function<bool(uint64_t)> is_refused = nullptr;

  std::vector<uint64_t> snapshot() {
    const std::lock_guard lock(mutex);
    return numbers;
  }
};

class Collect : public Sink {
 public:
  Collect(Context context, CollectState& state) : context_(context), state_(state) {}
  static void describe(Config, Description&) {}
  static Result<std::unique_ptr<Collect>> open(Context context, Config options) {
    return std::make_unique<Collect>(context, Shared::of<CollectState>(options));
  }
  Result<void> write(Batch batch) override {
    std::vector<uint8_t> lanes(batch.size(), 0);
    bool any_refused = false;
    {
      const std::lock_guard lock(state_.mutex);
      state_.sizes.push_back(batch.size());
      for (uint32_t i = 0; i < batch.size(); ++i) {
        const uint64_t number = number_of(batch[i]);
        lanes[i] = state_.is_refused && state_.is_refused(number) ? 1 : 0;
        if (lanes[i] == 0) state_.numbers.push_back(number);
        any_refused = any_refused || lanes[i] == 1;
      }
    }
    if (!any_refused) {
      std::move(batch).deliver();
      return {};
    }
    std::vector<Batch> parts = std::move(batch).split(lanes.data(), 2);
    if (parts[0]) std::move(parts[0]).deliver();
    if (parts[1]) std::move(parts[1]).fail(permanent("the test refuses it", "22003"));
    return {};
  }

 private:
  Context context_;
  CollectState& state_;
};

inline constexpr sluice_node_type numbers_type = source_type<Numbers>("numbers", "Counts.", {});
inline constexpr sluice_node_type transform_function_type =
    transform_type<FunctionTransform>("transform_function", "The test's.", {});
inline constexpr sluice_node_type sink_function_type = sink_type<FunctionSink>("sink_function", "The test's.", {});
inline constexpr sluice_node_type collect_type = sink_type<Collect>("collect", "Collects.", {});

inline FunctionState pass_on() {
  return {[](Context& context, Batch batch) -> Result<void> {
            context.emit(0, std::move(batch));
            return {};
          },
          {}};
}

inline std::vector<uint64_t> first_numbers(uint64_t count) {
  std::vector<uint64_t> numbers(count);
  for (uint64_t i = 0; i < count; ++i) numbers[i] = i;
  return numbers;
}

}  // namespace sluice::testing
