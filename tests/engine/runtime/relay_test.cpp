// SPDX-License-Identifier: Apache-2.0
// A graph cut at a durable relay: the input half stores, the output half replays from the committed position. A run
// that is torn down in full flow and started again loses nothing, and repeats nothing before its last commit.
#include <algorithm>
#include <set>
#include <thread>

#include "checks.hpp"
#include "gather.hpp"
#include "held_sink.hpp"

using namespace sluice;
using namespace sluice::testing;
using engine::GraphRuntime;

namespace {

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

constexpr sluice_node_type log_type = relay_type<LogDescribed, LogInput, LogOutput>("log", "The test's relay.", {});

void add_input_half(GraphBuilder& graph, NumbersState& numbers, LogState& log) {
  graph.node("numbers", numbers_type, numbers);
  graph.node("log.in", log_type, log, {}).role = SLUICE_ROLE_RELAY_INPUT;
  graph.buffered("numbers", "log.in", {64, 1 << 20});
}

void add_output_half(GraphBuilder& graph, GatherState& gather, CollectState& collected, LogState& log) {
  auto& output = graph.node("log.out", log_type, log);
  output.role = SLUICE_ROLE_RELAY_OUTPUT;
  output.inputs.clear();
  output.facts.replay = sluice::Replay::from_commit;
  graph.node("gather", gather_type, gather);
  graph.node("collect", collect_type, collected);
  graph.edge("log.out", "gather");
  graph.buffered("gather", "collect", {100, 1 << 20});
}

}  // namespace

TEST_CASE("both halves of a relay run in one process, and a stop drains through them") {
  NumbersState numbers{.total = 500, .per_batch = 9};
  GatherState gather{.records = 30};
  CollectState collected;
  LogState log;
  GraphBuilder graph;
  add_input_half(graph, numbers, log);
  add_output_half(graph, gather, collected, log);
  GraphRuntime runtime(graph.build(), {});
  begin(runtime);
  REQUIRE(log.signal.wait([&] { return log.size() == 500; }));
  runtime.request_stop();
  runtime.wait();
  require_no_failure(runtime);
  const auto report = runtime.report();
  require_balance(report);
  // What the output half had not read when it was stopped stays in the log, and only that.
  CHECK(collected.snapshot() == first_numbers(static_cast<uint64_t>(log.committed)));
  CHECK(node_in(report, "numbers").account.count(records::Verdict::delivered) == 500);
}

namespace {

/// As a graph file names a relay.
void give_both_halves_one_name(GraphBuilder& graph) {
  for (auto& node : graph.plan.nodes) {
    if (node.name.starts_with("log.")) node.name = "log";
  }
}

void add_memory_relay(GraphBuilder& graph, NumbersState& numbers, GatherState& gather, CollectState& collected,
                      LogState& log) {
  log.is_durable = false;
  add_input_half(graph, numbers, log);
  add_output_half(graph, gather, collected, log);
  give_both_halves_one_name(graph);
}

/// A stop was asked for; afterwards the source of the first stage, `numbers`, has sent its marker.
void await_drain_of_source(GraphRuntime& runtime, NumbersState& numbers) {
  CHECK_FALSE(runtime.wait_for(std::chrono::milliseconds(0)));
  let_turn(runtime, 0, 3, [&] { numbers.context.wake(); });
}

}  // namespace

TEST_CASE("a run that ends by itself reads a relay in memory to its end, whenever its source ends") {
  for (int round = 0; round < 100; ++round) {
    NumbersState numbers{.total = 3, .per_batch = 1};
    GatherState gather{.records = 30};
    CollectState collected;
    LogState log;
    log.is_durable = false;
    log.is_readable = false;
    GraphBuilder graph;
    graph.node("numbers", numbers_type, numbers);
    graph.node("log.in", log_type, log, {}).role = SLUICE_ROLE_RELAY_INPUT;
    graph.edge("numbers", "log.in");
    add_output_half(graph, gather, collected, log);
    give_both_halves_one_name(graph);
    GraphRuntime runtime(graph.build(), {});
    begin(runtime);
    // Looked at without a pause: somewhere in between the source ends.
    while (!runtime.ending().is_ending() && !runtime.wait_for(std::chrono::milliseconds(0))) {
    }
    {
      const std::lock_guard lock(log.mutex);
      log.is_readable = true;
      if (log.has_reader) log.reader.wake();
    }
    runtime.wait();
    require_no_failure(runtime);
    require_balance(runtime.report());
    REQUIRE(collected.snapshot() == first_numbers(3));
  }
}

TEST_CASE("a stop drains through a relay in memory: all that its input half accepted arrives") {
  const bool ends_by_itself = GENERATE(true, false);
  NumbersState numbers{.total = 20'000, .per_batch = 9, .ends = ends_by_itself};
  GatherState gather{.records = 30};
  CollectState collected;
  LogState log;
  GraphBuilder graph;
  add_memory_relay(graph, numbers, gather, collected, log);
  GraphRuntime runtime(graph.build(), {});
  begin(runtime);
  if (!ends_by_itself) {
    REQUIRE(log.signal.wait([&] { return log.size() > 500; }));
    runtime.request_stop();
  }
  runtime.wait();
  require_no_failure(runtime);
  const auto report = runtime.report();
  require_balance(report);
  CHECK(collected.snapshot() == first_numbers(log.size()));
  CHECK(node_in(report, "numbers").account.count(records::Verdict::accepted) == log.size());
  REQUIRE(report.relays.size() == 1);
  CHECK(report.relays[0].accepted == log.size());
  CHECK(report.relays[0].left() == 0);
  if (ends_by_itself) CHECK(log.size() == 20'000);
}

TEST_CASE("what the output half of a relay in memory did not read by the deadline is said to be left") {
  NumbersState numbers{.total = 300, .per_batch = 9, .ends = false};
  GatherState gather{.records = 30};
  CollectState collected;
  LogState log;
  log.is_readable = false;
  GraphBuilder graph;
  add_memory_relay(graph, numbers, gather, collected, log);
  engine::RuntimeOptions options;
  options.drain_deadline_ns = 1;
  GraphRuntime runtime(graph.build(), std::move(options));
  begin(runtime);
  REQUIRE(log.signal.wait([&] { return log.size() == 300; }));
  runtime.request_stop();
  runtime.wait();
  const auto report = runtime.report();
  REQUIRE(report.relays.size() == 1);
  CHECK(report.relays[0].left() == 300);
  CHECK(collected.snapshot().empty());
}

TEST_CASE("a relay in memory that takes dead letters is read until nothing can be refused any more") {
  const bool is_of_an_edge_before = GENERATE(false, true);
  NumbersState numbers{.total = 30, .per_batch = 10, .has_positions = true, .ends = false};
  FunctionState pass = pass_on();
  HeldState store;
  GatherState gather{.records = 1'000};
  CollectState collected;
  LogState log;
  log.is_durable = false;
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers).facts.replay = sluice::Replay::from_commit;
  graph.node("pass", transform_function_type, pass);
  graph.node("store", held_type, store).facts.max_in_flight = 10;
  graph.node("log.in", log_type, log, {}).role = SLUICE_ROLE_RELAY_INPUT;
  const uint16_t to_log = graph.dead_letter("log.in");
  graph.edge("numbers", "pass").dead_letter = is_of_an_edge_before ? to_log : uint16_t{0};
  auto& taking_over = graph.buffered("pass", "store", {100, 1 << 20});
  taking_over.commit = engine::Commit::on_accept;
  taking_over.dead_letter = is_of_an_edge_before ? uint16_t{0} : to_log;
  add_output_half(graph, gather, collected, log);
  // What this edge takes over settles only behind the marker of the relay's own output half.
  auto& behind = *std::find_if(graph.plan.edges.begin(), graph.plan.edges.end(),
                               [](const auto& edge) { return edge.name == "log.out -> gather"; });
  behind.buffered = true;
  behind.bound = {100, 1 << 20};
  behind.commit = engine::Commit::on_accept;
  give_both_halves_one_name(graph);
  GraphRuntime runtime(graph.build(), {});
  begin(runtime);
  REQUIRE(store.wait_for(3));
  runtime.request_stop();
  await_drain_of_source(runtime, numbers);
  CHECK_FALSE(runtime.wait_for(std::chrono::milliseconds(0)));
  while (store.count() > 0) store.take().fail(permanent("late"));
  runtime.wait();
  require_no_failure(runtime);
  const auto report = runtime.report();
  require_balance(report);
  CHECK(collected.snapshot() == first_numbers(30));
  REQUIRE(report.relays.size() == 1);
  CHECK(report.relays[0].accepted == 30);
  CHECK(report.relays[0].left() == 0);
}

TEST_CASE("a relay in memory is not stopped while a record slips from one on_accept edge into the next") {
  for (uint64_t round = 0; round < 20; ++round) {
    NumbersState numbers{.total = 1, .per_batch = 1, .has_positions = true, .ends = false};
    FunctionState slow = pass_on();
    GatherState gather{.records = 30};
    CollectState collected;
    LogState log;
    log.is_durable = false;
    GraphBuilder graph;
    graph.node("numbers", numbers_type, numbers).facts.replay = sluice::Replay::from_commit;
    graph.node("slow", transform_function_type, slow, {"out", "unused"});
    graph.node("log.in", log_type, log, {}).role = SLUICE_ROLE_RELAY_INPUT;
    // Whoever looks at the edges in order looks against the stream, and long enough that the record slips meanwhile.
    const auto take_over = [&](const char* from, const char* to, uint32_t port) {
      graph.buffered(from, to, {3, 1 << 20}, port).commit = engine::Commit::on_accept;
    };
    take_over("slow", "log.in", 0);
    for (int i = 0; i < 500; ++i) take_over("slow", "log.in", 1);
    take_over("numbers", "slow", 0);
    add_output_half(graph, gather, collected, log);
    give_both_halves_one_name(graph);
    GraphRuntime runtime(graph.build(), {});
    std::atomic<uint64_t> looks{0};
    slow.process = [&](Context& context, Batch batch) -> Result<void> {
      while (looks < 5 + round % 5 && !runtime.is_closing()) std::this_thread::yield();
      context.emit(0, std::move(batch));
      return {};
    };
    begin(runtime);
    REQUIRE(numbers.signal.wait([&] { return numbers.committed == 1; }));
    runtime.request_stop();
    await_drain_of_source(runtime, numbers);
    for (; looks < 20; ++looks) runtime.wait_for(std::chrono::milliseconds(0));
    runtime.wait();
    require_no_failure(runtime);
    require_balance(runtime.report());
    CHECK(collected.snapshot() == first_numbers(1));
  }
}

TEST_CASE("after a crash in full flow nothing is lost, and what repeats lies behind the last commit") {
  for (uint64_t round = 1; round <= 12; ++round) {
    LogState log;
    CollectState before;
    int64_t committed_at_crash = 0;
    {
      NumbersState numbers{.total = 5'000, .per_batch = 9};
      GatherState gather{.records = 30};
      GraphBuilder graph;
      add_input_half(graph, numbers, log);
      add_output_half(graph, gather, before, log);
      GraphRuntime runtime(graph.build(), {});
      begin(runtime);
      REQUIRE(before.signal.wait([&] { return before.snapshot().size() > round * 100; }));
      runtime.request_abort();
      runtime.wait();
      require_no_failure(runtime);
      require_balance(runtime.report());
      committed_at_crash = log.committed;
    }
    CollectState after;
    GatherState gather{.records = 30, .within_ns = 1'000'000};
    GraphBuilder graph;
    add_output_half(graph, gather, after, log);
    GraphRuntime runtime(graph.build(), {});
    begin(runtime);
    const size_t left = log.size() - static_cast<size_t>(committed_at_crash);
    REQUIRE(after.signal.wait([&] { return after.snapshot().size() >= left; }));
    runtime.request_stop();
    runtime.wait();
    require_no_failure(runtime);
    require_balance(runtime.report());
    CHECK(log.committed == static_cast<int64_t>(log.size()));
    std::set<uint64_t> all;
    for (const uint64_t number : before.snapshot()) CHECK(all.insert(number).second);
    for (const uint64_t number : after.snapshot()) {
      CHECK(number >= static_cast<uint64_t>(committed_at_crash));
      all.insert(number);
    }
    CHECK(all.size() == log.size());
  }
}
