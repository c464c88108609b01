// SPDX-License-Identifier: Apache-2.0
// A relay whose log is the test's: the input half appends numbers to it, the output half replays them from the
// committed position.
#pragma once
#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "test_nodes.hpp"

namespace sluice::testing {

/// What outlives the runs: the log and the group's committed position.
struct LogState {
  bool is_durable = true;   ///< else it lives in memory: its input half accepts
  bool is_readable = true;  ///< guarded by mutex
  std::mutex mutex;
  std::vector<std::string> records;  ///< guarded by mutex
  int64_t committed = 0;             ///< guarded by mutex
  Context reader;                    ///< of the output half, guarded by mutex
  bool has_reader = false;           ///< guarded by mutex
  Signal signal;
  std::function<void(uint64_t number)> on_write = nullptr;  ///< before the verdict
  std::function<void(int64_t position)> on_commit = nullptr;

  size_t size() {
    const std::lock_guard lock(mutex);
    return records.size();
  }
};

struct LogDescribed {
  static void describe(Config, Description&) {}
};

class LogInput : public Sink {
 public:
  LogInput(Context context, LogState& log) : context_(context), log_(log) {}
  static Result<std::unique_ptr<LogInput>> open(Context context, Config options) {
    return std::make_unique<LogInput>(context, Shared::of<LogState>(options));
  }
  Result<void> write(Batch batch) override {
    {
      const std::lock_guard lock(log_.mutex);
      for (uint32_t i = 0; i < batch.size(); ++i) log_.records.emplace_back(batch[i].payload());
      if (log_.has_reader) log_.reader.wake();
    }
    for (uint32_t i = 0; i < batch.size() && log_.on_write; ++i) log_.on_write(number_of(batch[i]));
    log_.signal.notify();
    if (log_.is_durable) {
      std::move(batch).deliver();
    } else {
      std::move(batch).accept();
    }
    return {};
  }

 private:
  Context context_;
  LogState& log_;
};

class LogOutput : public Source {
 public:
  LogOutput(Context context, LogState& log) : context_(context), log_(log) {
    const std::lock_guard lock(log.mutex);
    log.reader = context;
    log.has_reader = true;
  }
  ~LogOutput() override {
    const std::lock_guard lock(log_.mutex);
    log_.has_reader = false;
  }
  static Result<std::unique_ptr<LogOutput>> open(Context context, Config options) {
    return std::make_unique<LogOutput>(context, Shared::of<LogState>(options));
  }
  Result<void> start() override {
    const std::lock_guard lock(log_.mutex);
    next_ = log_.committed;
    partition_ = context_.open_partition("log", next_);
    return {};
  }
  Result<Poll> poll(const Credit& credit, int64_t deadline_ns) override {
    std::vector<std::string> found;
    {
      const std::lock_guard lock(log_.mutex);
      const auto there = static_cast<uint64_t>(static_cast<int64_t>(log_.records.size()) - next_);
      const uint64_t count = is_stopped_ || !log_.is_readable ? 0 : std::min<uint64_t>({there, credit.records, 16});
      for (uint64_t i = 0; i < count; ++i) found.push_back(log_.records[static_cast<size_t>(next_) + i]);
    }
    if (found.empty()) {
      std::unique_lock lock(mutex_);
      woken_.wait_for(lock, std::chrono::nanoseconds(std::max<int64_t>(0, deadline_ns - context_.monotonic_ns())),
                      [this] { return is_woken_; });
      is_woken_ = false;
      return Poll::more;
    }
    const auto count = static_cast<uint32_t>(found.size());
    Batch batch = context_.new_batch(count);
    const Buffer buffer = context_.new_buffer(uint64_t{count} * 20);
    const uint32_t pinned = batch.pin(buffer);
    uint8_t* to = buffer.data();
    for (const std::string& text : found) {
      std::memcpy(to, text.data(), text.size());
      batch.append().set_payload(to, static_cast<uint32_t>(text.size()), pinned);
      to += text.size();
    }
    context_.emit(0, std::move(batch), partition_, next_ + count);
    next_ += count;
    return Poll::more;
  }
  void wake() override {
    const std::lock_guard lock(mutex_);
    is_woken_ = true;
    woken_.notify_one();
  }
  void stop() override { is_stopped_ = true; }
  Result<void> commit(uint32_t partition, int64_t position) override {
    if (log_.on_commit) log_.on_commit(position);
    {
      const std::lock_guard lock(log_.mutex);
      log_.committed = position;
    }
    context_.committed(partition, position);
    return {};
  }

 private:
  Context context_;
  LogState& log_;
  int64_t next_ = 0;
  uint32_t partition_ = SLUICE_NO_PARTITION;
  bool is_stopped_ = false;
  std::mutex mutex_;
  std::condition_variable woken_;
  bool is_woken_ = false;
};

inline constexpr sluice_node_type log_type =
    relay_type<LogDescribed, LogInput, LogOutput>("log", "The test's relay.", {});

/// As a graph file names a relay.
inline void give_both_halves_one_name(GraphBuilder& graph) {
  for (auto& node : graph.plan.nodes) {
    if (node.name.starts_with("log.")) node.name = "log";
  }
}

}  // namespace sluice::testing
