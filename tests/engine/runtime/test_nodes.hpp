// SPDX-License-Identifier: Apache-2.0
// Node classes that tests of the runtime share. Each takes its behaviour from a state struct of the test's, found by
// the node's name. Payloads are decimal numbers, so that order and completeness can be read off what arrives.
#pragma once
#include <atomic>
#include <charconv>
#include <condition_variable>
#include <cstring>
#include <functional>
#include <mutex>
#include <thread>

#include "graph_builder.hpp"
#include "signal.hpp"

namespace sluice::testing {

/// Emits `base`, `base` + 1, ... as credit allows; in the attribute `key`, if the graph has one, number % keys.
struct NumbersState {
  uint64_t total = 1000;
  uint32_t per_batch = 10;
  bool has_positions = false;
  bool ends = true;
  uint64_t base = 0;
  uint64_t keys = 8;
  uint32_t filler = 0;                      ///< bytes behind each number
  std::atomic<uint64_t> limit{UINT64_MAX};  ///< emits no more than this for now; wake after raising it
  std::atomic<uint64_t> emitted{0};
  std::atomic<int64_t> committed{0};
  std::atomic<int> polls_without_credit{0};
  std::function<void(Context&)> before_poll = nullptr;
  /// Settles every batch that begins with a number of this kind, instead of emitting it.
  std::function<bool(uint64_t first)> is_settled_here = nullptr;
  std::function<void(Batch)> settles = nullptr;
  /// Instead of answering a commit at once.
  std::function<Result<void>(Context&, uint32_t partition, int64_t position)> on_commit = nullptr;
  std::function<void(Context&, uint32_t partition)> on_released = nullptr;
  std::function<void()> on_wake = nullptr;
  std::function<void()> on_close = nullptr;
  std::atomic<uint32_t> partition{SLUICE_NO_PARTITION};
  Context context{};  ///< from open on
  Signal signal{};    ///< after each poll and commit
};

class Numbers : public Source {
 public:
  Numbers(Context context, NumbersState& state) : context_(context), state_(state) { state.context = context; }
  ~Numbers() override {
    if (state_.on_close) state_.on_close();
  }
  static void describe(Config, Description&) {}
  static Result<std::unique_ptr<Numbers>> open(Context context, Config options) {
    return std::make_unique<Numbers>(context, Shared::of<NumbersState>(options));
  }
  Result<Poll> poll(const Credit& credit, int64_t deadline_ns) override {
    if (state_.before_poll) state_.before_poll(context_);
    if (state_.has_positions && state_.partition == SLUICE_NO_PARTITION) {
      state_.partition = context_.open_partition("numbers", static_cast<int64_t>(state_.emitted.load()));
    }
    if (credit.records == 0) state_.polls_without_credit.fetch_add(1);
    state_.signal.notify();
    const uint64_t left = std::min(state_.total, state_.limit.load()) - state_.emitted.load();
    if (is_stopped_ || credit.records == 0 || left == 0) {
      if (state_.emitted == state_.total && state_.ends && !is_stopped_) return Poll::ended;
      std::unique_lock lock(mutex_);
      woken_.wait_for(lock, std::chrono::nanoseconds(std::max<int64_t>(0, deadline_ns - context_.monotonic_ns())),
                      [this] { return is_woken_; });
      is_woken_ = false;
      return Poll::more;
    }
    emit_numbers(static_cast<uint32_t>(std::min<uint64_t>({left, credit.records, state_.per_batch})));
    state_.signal.notify();
    return Poll::more;
  }
  void wake() override {
    if (state_.on_wake) state_.on_wake();
    const std::lock_guard lock(mutex_);
    is_woken_ = true;
    woken_.notify_one();
  }
  void stop() override { is_stopped_ = true; }
  Result<void> commit(uint32_t partition, int64_t position) override {
    if (state_.on_commit) return state_.on_commit(context_, partition, position);
    state_.committed = position;
    context_.committed(partition, position);
    state_.signal.notify();
    return {};
  }
  void released(uint32_t partition) override {
    if (state_.on_released) state_.on_released(context_, partition);
    state_.signal.notify();
  }

 private:
  void emit_numbers(uint32_t count) {
    const uint64_t first = state_.emitted.load();
    const uint64_t room = 20 + state_.filler;
    const Buffer buffer = context_.new_buffer(count * room);
    Batch batch = context_.new_batch(count);
    const uint32_t pinned = batch.pin(buffer);
    const int32_t key_slot = context_.attribute("key");
    auto* to = reinterpret_cast<char*>(buffer.data());
    for (uint32_t i = 0; i < count; ++i) {
      const uint64_t number = state_.base + first + i;
      char* end = std::to_chars(to, to + 20, number).ptr;
      std::memset(end, ' ', state_.filler);
      end += state_.filler;
      Record record = batch.append();
      record.set_payload(reinterpret_cast<uint8_t*>(to), static_cast<uint32_t>(end - to), pinned);
      record.set_receive_time_ns(context_.now_ns());
      record.set_integer(key_slot, static_cast<int64_t>(number % state_.keys));
      to = end;
    }
    state_.emitted += count;
    if (state_.is_settled_here && state_.is_settled_here(first)) {
      context_.begin(batch, state_.partition, static_cast<int64_t>(first + count));
      state_.settles(std::move(batch));
    } else if (state_.has_positions) {
      context_.emit(0, std::move(batch), state_.partition, static_cast<int64_t>(first + count));
    } else {
      context_.emit_unpositioned(0, std::move(batch));
    }
  }

  Context context_;
  NumbersState& state_;
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
  std::function<Result<void>(Context&, Flush)> flush = nullptr;
  std::function<Result<void>(Context&)> start = nullptr;
  std::function<Result<void>(Context&)> timer = nullptr;
  std::function<Result<void>(Context&)> open = nullptr;
  std::function<void()> close = nullptr;
};

class FunctionTransform : public Transform {
 public:
  FunctionTransform(Context context, FunctionState& state) : context_(context), state_(state) {}
  static void describe(Config, Description&) {}
  static Result<std::unique_ptr<FunctionTransform>> open(Context context, Config options) {
    auto& state = Shared::of<FunctionState>(options);
    if (state.open) {
      if (Result<void> opened = state.open(context); !opened) return opened.error();
    }
    return std::make_unique<FunctionTransform>(context, state);
  }
  ~FunctionTransform() override {
    if (state_.close) state_.close();
  }
  Result<void> start() override { return state_.start ? state_.start(context_) : Result<void>{}; }
  Result<void> on_timer(int64_t) override { return state_.timer ? state_.timer(context_) : Result<void>{}; }
  Result<void> process(uint32_t, Batch batch) override { return state_.process(context_, std::move(batch)); }
  Result<void> flush(Flush why) override { return state_.flush ? state_.flush(context_, why) : Result<void>{}; }

 private:
  Context context_;
  FunctionState& state_;
};

class FunctionSink : public Sink {
 public:
  FunctionSink(Context context, FunctionState& state) : context_(context), state_(state) {}
  static void describe(Config, Description&) {}
  static Result<std::unique_ptr<FunctionSink>> open(Context context, Config options) {
    auto& state = Shared::of<FunctionState>(options);
    if (state.open) {
      if (Result<void> opened = state.open(context); !opened) return opened.error();
    }
    return std::make_unique<FunctionSink>(context, state);
  }
  ~FunctionSink() override {
    if (state_.close) state_.close();
  }
  Result<void> start() override { return state_.start ? state_.start(context_) : Result<void>{}; }
  Result<void> on_timer(int64_t) override { return state_.timer ? state_.timer(context_) : Result<void>{}; }
  Result<void> write(Batch batch) override { return state_.process(context_, std::move(batch)); }
  Result<void> flush(Flush why) override { return state_.flush ? state_.flush(context_, why) : Result<void>{}; }

 private:
  Context context_;
  FunctionState& state_;
};

/// Keeps every number that arrives and delivers it at once, unless the test says otherwise per number.
struct CollectState {
  std::mutex mutex{};
  std::vector<uint64_t> numbers{};  ///< guarded by mutex
  std::vector<uint32_t> sizes{};    ///< of batches; guarded by mutex
  std::function<bool(uint64_t)> is_refused = nullptr;
  Signal signal{};  ///< after each batch

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
    state_.signal.notify();
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
  return {.process = [](Context& context, Batch batch) -> Result<void> {
    context.emit(0, std::move(batch));
    return {};
  }};
}
/// Port number % ports takes each record.
inline FunctionState route_by_number(uint32_t ports) {
  return {.process = [ports](Context& context, Batch batch) -> Result<void> {
    std::vector<uint8_t> lanes(batch.size());
    for (uint32_t i = 0; i < batch.size(); ++i) lanes[i] = static_cast<uint8_t>(number_of(batch[i]) % ports);
    auto parts = std::move(batch).split(lanes.data(), ports);
    for (uint32_t port = 0; port < ports; ++port) {
      if (parts[port]) context.emit(port, std::move(parts[port]));
    }
    return {};
  }};
}

inline std::vector<uint64_t> first_numbers(uint64_t count) {
  std::vector<uint64_t> numbers(count);
  for (uint64_t i = 0; i < count; ++i) numbers[i] = i;
  return numbers;
}

}  // namespace sluice::testing
