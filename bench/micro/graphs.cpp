// SPDX-License-Identifier: Apache-2.0
#include "graphs.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>

#include "clocks.hpp"
#include "graph_builder.hpp"
#include "pass.hpp"

namespace sluice::bench {
namespace {

using sluice::testing::GraphBuilder;
using sluice::testing::Shared;

constexpr uint32_t payload_bytes = 155;
constexpr uint64_t batches_a_poll = 16;
constexpr std::chrono::microseconds until_asleep{300};

struct Flood {
  Load load;
  uint64_t emitted = 0;
};

class FloodSource : public Source {
 public:
  FloodSource(Context context, Flood& state) : context_(context), state_(state) {}
  static void describe(Config, Description&) {}
  static Result<std::unique_ptr<FloodSource>> open(Context context, Config options) {
    return std::make_unique<FloodSource>(context, Shared::of<Flood>(options));
  }
  Result<Poll> poll(const Credit& credit, int64_t deadline_ns) override {
    const uint32_t each = state_.load.records_a_batch;
    const uint64_t left = state_.load.batches - state_.emitted;
    if (left == 0) return Poll::ended;
    const uint64_t count = std::min({left, credit.records / each, batches_a_poll});
    if (count == 0) {
      std::unique_lock lock(mutex_);
      woken_.wait_for(lock, std::chrono::nanoseconds(std::max<int64_t>(0, deadline_ns - context_.monotonic_ns())),
                      [this] { return is_woken_; });
      is_woken_ = false;
    }
    for (uint64_t i = 0; i < count; ++i) emit();
    state_.emitted += count;
    return Poll::more;
  }
  void wake() override {
    const std::lock_guard lock(mutex_);
    is_woken_ = true;
    woken_.notify_one();
  }

 private:
  void emit() {
    const uint32_t each = state_.load.records_a_batch;
    const Buffer buffer = context_.new_buffer(uint64_t{each} * payload_bytes);
    Batch batch = context_.new_batch(each);
    const uint32_t index = batch.pin(buffer);
    for (uint32_t i = 0; i < each; ++i) {
      batch.append().set_payload(buffer.data() + uint64_t{i} * payload_bytes, payload_bytes, index);
    }
    context_.emit_unpositioned(0, std::move(batch));
  }
  Context context_;
  Flood& state_;
  std::mutex mutex_;
  std::condition_variable woken_;
  bool is_woken_ = false;  ///< guarded by mutex_
};

class Settle : public Sink {
 public:
  explicit Settle(uint32_t work) : work_(work) {}
  static void describe(Config, Description&) {}
  static Result<std::unique_ptr<Settle>> open(Context, Config options) {
    return std::make_unique<Settle>(Shared::of<Flood>(options).load.sink_work);
  }
  Result<void> write(Batch batch) override {
    for (uint32_t i = 0; i < work_; ++i) benchmark::DoNotOptimize(sum_ = sum_ * 3 + i);
    std::move(batch).deliver();
    return {};
  }

 private:
  uint32_t work_;
  uint64_t sum_ = 1;
};

struct Pings {
  uint32_t wanted = 0;
  uint32_t sent = 0;
  std::vector<int64_t> latencies_ns;
};

class PingSource : public Source {
 public:
  PingSource(Context context, Pings& state) : context_(context), state_(state) {}
  static void describe(Config, Description&) {}
  static Result<std::unique_ptr<PingSource>> open(Context context, Config options) {
    return std::make_unique<PingSource>(context, Shared::of<Pings>(options));
  }
  Result<Poll> poll(const Credit& credit, int64_t) override {
    if (state_.sent == state_.wanted) return Poll::ended;
    std::this_thread::sleep_for(until_asleep);
    if (credit.records == 0) return Poll::more;
    ++state_.sent;
    const Buffer buffer = context_.new_buffer(payload_bytes);
    Batch batch = context_.new_batch(1);
    const uint32_t index = batch.pin(buffer);
    Record record = batch.append();
    record.set_payload(buffer.data(), payload_bytes, index);
    record.set_receive_time_ns(wall_clock_ns());
    context_.emit_unpositioned(0, std::move(batch));
    return Poll::more;
  }
  void wake() override {}

 private:
  Context context_;
  Pings& state_;
};

class PingSink : public Sink {
 public:
  explicit PingSink(Pings& state) : state_(state) {}
  static void describe(Config, Description&) {}
  static Result<std::unique_ptr<PingSink>> open(Context, Config options) {
    return std::make_unique<PingSink>(Shared::of<Pings>(options));
  }
  Result<void> write(Batch batch) override {
    state_.latencies_ns.push_back(wall_clock_ns() - batch[0].receive_time_ns());
    std::move(batch).deliver();
    return {};
  }

 private:
  Pings& state_;
};

constexpr sluice_node_type flood_type = source_type<FloodSource>("flood", "", {});
constexpr sluice_node_type settle_type = sink_type<Settle>("settle", "", {});
constexpr sluice_node_type ping_type = source_type<PingSource>("ping", "", {});
constexpr sluice_node_type ping_sink_type = sink_type<PingSink>("ping_sink", "", {});

void run(GraphBuilder& builder) {
  engine::GraphRuntime runtime(builder.build(), {});
  if (runtime.open()) std::abort();
  runtime.start();
  runtime.wait();
  if (runtime.failure()) std::abort();
}

constexpr uint64_t batches_waiting_most = 512;
constexpr uint64_t edge_bytes = uint64_t{64} << 20;

}  // namespace

void run_direct(const Load& load, uint32_t hops) {
  Flood flood{load};
  GraphBuilder builder;
  builder.node("source", flood_type, flood);
  std::string before = "source";
  for (uint32_t i = 1; i < hops; ++i) {
    const std::string name = "pass" + std::to_string(i);
    builder.node(name, pass_type, flood);
    builder.edge(before, name);
    before = name;
  }
  builder.node("sink", settle_type, flood);
  builder.edge(before, "sink");
  run(builder);
}

void run_buffered(const Load& load) {
  Flood flood{load};
  GraphBuilder builder;
  builder.node("source", flood_type, flood);
  builder.node("sink", settle_type, flood);
  builder.buffered("source", "sink", {batches_waiting_most * load.records_a_batch, edge_bytes});
  run(builder);
}

std::vector<int64_t> ping_sleeping_stage(uint32_t pings) {
  Pings state{pings, 0, {}};
  state.latencies_ns.reserve(pings);
  GraphBuilder builder;
  builder.node("source", ping_type, state);
  builder.node("sink", ping_sink_type, state);
  builder.buffered("source", "sink", {batches_waiting_most, edge_bytes});
  run(builder);
  return state.latencies_ns;
}

}  // namespace sluice::bench
