// SPDX-License-Identifier: Apache-2.0
// Absorbed records: they stay unsettled until what was made of them has settled, no position moves past them, they
// count for in_flight, and at a revoke or a stop they are given back. Each settles exactly once, whatever happens.
#include <random>
#include <set>

#include "checks.hpp"
#include "held_sink.hpp"
#include "tally.hpp"

using namespace sluice;
using namespace sluice::testing;
using engine::GraphRuntime;
using records::Verdict;

namespace {

struct TallyState {
  uint32_t records = 10;
  uint32_t outputs = 1;
  bool emits_when_starved = true;
};

class SharedTally : public Tally {
 public:
  using Tally::Tally;
  static void describe(Config, Description&) {}
  static Result<std::unique_ptr<SharedTally>> open(Context context, Config options) {
    const auto& state = Shared::of<TallyState>(options);
    return std::make_unique<SharedTally>(context, state.records, state.outputs, state.emits_when_starved);
  }
};
constexpr sluice_node_type tally_type = transform_type<SharedTally>("tally", "Absorbs.", {});

/// numbers -> tally -> held
struct TallyGraph {
  TallyGraph() {
    numbers.has_positions = true;
    numbers.ends = false;
    builder.node("numbers", numbers_type, numbers).facts.replay = Replay::from_commit;
    builder.node("tally", tally_type, tally).facts.absorbs = true;
    builder.node("held", held_type, held).facts.max_in_flight = 100;
    builder.edge("numbers", "tally");
    builder.buffered("tally", "held", {1'000, 1 << 20});
  }
  NumbersState numbers;
  TallyState tally;
  HeldState held;
  GraphBuilder builder;
};

/// A transform that breaks its promise, behind a source; gives the sentence of the failure.
std::string bug_of(const std::function<Result<void>(Context&, Batch)>& process, bool absorbs = true) {
  NumbersState numbers{.total = 10, .per_batch = 10, .has_positions = true, .ends = false};
  FunctionState breaks{.process = process};
  CollectState collected;
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers).facts.replay = Replay::from_commit;
  graph.node("breaks", transform_function_type, breaks).facts.absorbs = absorbs;
  graph.node("collect", collect_type, collected);
  graph.edge("numbers", "breaks");
  graph.buffered("breaks", "collect", {1'000, 1 << 20});
  GraphRuntime runtime(graph.build(), {});
  begin(runtime);
  runtime.wait();
  REQUIRE(runtime.failure());
  CHECK(runtime.failure()->node == "breaks");
  CHECK(runtime.failure()->error.category == Category::bug);
  CHECK(numbers.committed == 0);
  CHECK(node_in(runtime.report(), "numbers").account.without_verdict() == 10);
  require_balance(runtime.report());
  return runtime.failure()->error.message;
}

}  // namespace

TEST_CASE("absorbed records settle when all that was made of them has, by the worst verdict") {
  struct Case {
    std::function<void(Batch)> settle_last;
    Verdict counted;
  };
  const std::vector<Case> cases = {{[](Batch batch) { std::move(batch).deliver(); }, Verdict::delivered},
                                   {[](Batch batch) { std::move(batch).discard("not wanted"); }, Verdict::discarded}};
  for (const Case& each : cases) {
    TallyGraph graph;
    graph.numbers.total = 30;
    graph.tally = {.records = 30, .outputs = 3};
    GraphRuntime runtime(graph.builder.build(), {});
    begin(runtime);
    REQUIRE(graph.held.wait_for(1));
    Batch made = graph.held.take();
    REQUIRE(made.size() == 3);
    CHECK(made[0].payload() == "0 30 3 0");
    for (int i = 0; i < 2; ++i) made.cut(1).deliver();
    CHECK(node_in(runtime.report(), "numbers").account.unsettled == 30);
    CHECK(graph.numbers.committed == 0);
    each.settle_last(std::move(made));
    REQUIRE(graph.numbers.signal.wait([&] { return graph.numbers.committed == 30; }));
    runtime.request_stop();
    runtime.wait();
    require_no_failure(runtime);
    const auto report = runtime.report();
    require_balance(report);
    CHECK(node_in(report, "numbers").account.count(each.counted) == 30);
    CHECK(node_in(report, "numbers").account.without_verdict() == 0);
    CHECK(node_in(report, "tally").folded == 27);
    CHECK(node_in(report, "tally").held == 0);
  }
}

TEST_CASE("absorbed records count for in_flight and as the oldest; a stop gives them back") {
  TallyGraph graph;
  graph.numbers.total = 1'000;
  graph.tally = {.records = 500, .emits_when_starved = false};
  graph.builder.plan.nodes[0].in_flight = {50, 1 << 20};
  GraphRuntime runtime(graph.builder.build(), {});
  begin(runtime);
  REQUIRE(graph.numbers.signal.wait([&] { return graph.numbers.emitted == 50; }));
  REQUIRE(graph.numbers.signal.wait([&] { return graph.numbers.polls_without_credit > 0; }));
  const auto before = runtime.report();
  CHECK(node_in(before, "numbers").account.unsettled == 50);
  CHECK(node_in(before, "numbers").account.oldest_unsettled_ns > 0);
  CHECK(node_in(before, "tally").held == 50);
  // Nothing waits for them: the drain's deadline is half a minute away.
  runtime.request_stop();
  REQUIRE(runtime.wait_for(std::chrono::seconds(20)));
  require_no_failure(runtime);
  const auto report = runtime.report();
  require_balance(report);
  const auto& account = node_in(report, "numbers").account;
  CHECK(account.unsettled == 0);
  CHECK(account.relinquished == 50);
  CHECK(node_in(report, "tally").relinquished == 50);
  CHECK(engine::judge(report).will_be_replayed == 50);
  CHECK(engine::judge(report).may_be_lost == 0);
  CHECK(graph.numbers.committed == 0);
}

TEST_CASE("what cannot be replayed is emitted at a stop, not given back") {
  TallyGraph graph;
  graph.numbers.total = 25;
  graph.numbers.has_positions = false;
  graph.builder.plan.nodes[0].facts.replay = Replay::none;
  GraphRuntime runtime(graph.builder.build(), {});
  begin(runtime);
  REQUIRE(graph.numbers.signal.wait([&] { return graph.numbers.emitted == 25; }));
  runtime.request_stop();
  std::thread settler([&] {
    for (int i = 0; i < 3; ++i) {
      if (graph.held.wait_for(1)) graph.held.take().deliver();
    }
  });
  runtime.wait();
  settler.join();
  require_no_failure(runtime);
  require_balance(runtime.report());
  CHECK(node_in(runtime.report(), "numbers").account.count(Verdict::delivered) == 25);
}

TEST_CASE("a revoke does not wait for what is given back, and the next owner gets it again") {
  TallyGraph graph;
  graph.numbers.total = 25;
  std::atomic<bool> revoke{false};
  std::atomic<int> released{0};
  graph.numbers.before_poll = [&](Context& context) {
    if (revoke.exchange(false)) context.revoke_partition(graph.numbers.partition);
  };
  graph.numbers.on_released = [&](Context&, uint32_t) {
    graph.numbers.partition = SLUICE_NO_PARTITION;
    graph.numbers.emitted = static_cast<uint64_t>(graph.numbers.committed.load());
    ++released;
  };
  GraphRuntime runtime(graph.builder.build(), {.revoke_deadline_ns = INT64_C(3600'000'000'000), .log = {}});
  begin(runtime);
  REQUIRE(graph.held.wait_for(2));
  graph.held.take().deliver();
  graph.held.take().deliver();
  REQUIRE(graph.numbers.signal.wait([&] { return graph.numbers.emitted == 25 && graph.numbers.committed == 20; }));
  revoke = true;
  graph.numbers.context.wake();
  REQUIRE(graph.numbers.signal.wait([&] { return released == 1; }));
  REQUIRE(graph.numbers.signal.wait([&] { return graph.numbers.emitted == 25; }));
  const auto account = node_in(runtime.report(), "numbers").account;
  CHECK(account.received == 30);
  CHECK(account.relinquished == 5);
  runtime.request_stop();
  runtime.wait();
  require_no_failure(runtime);
  require_balance(runtime.report());
  CHECK(graph.numbers.committed == 20);
}

TEST_CASE("who breaks the promises of absorbing is named, and nothing is committed") {
  const auto absorb_all = [](Context& context, Batch batch) {
    Token token;
    context.absorb(token, std::move(batch));
    return token;
  };
  CHECK(bug_of([&](Context& context, Batch batch) -> Result<void> {
          static_cast<void>(absorb_all(context, std::move(batch)));
          return {};
        }).find("destroyed the token of 10 absorbed records") != std::string::npos);
  CHECK(bug_of(
            [&](Context& context, Batch batch) -> Result<void> {
              static_cast<void>(absorb_all(context, std::move(batch)));
              return {};
            },
            false)
            .find("does not say that it absorbs") != std::string::npos);
  CHECK(bug_of([&](Context& context, Batch batch) -> Result<void> {
          absorb_all(context, std::move(batch)).relinquish();
          return {};
        }).find("relinquished 10 records that nothing gives out again") != std::string::npos);
  CHECK(bug_of([&](Context& context, Batch batch) -> Result<void> {
          Batch none = context.new_batch(1);
          context.bind(none, absorb_all(context, std::move(batch)));
          return {};
        }).find("bound a token of 10 records to a batch of 0") != std::string::npos);
}

namespace {

/// Numbers are absorbed, settled at random, revoked, replayed and given back; what was committed is looked at each
/// time.
class RandomRun {
 public:
  explicit RandomRun(uint32_t seed) : random_(seed) {
    graph_.numbers.total = total_;
    graph_.numbers.per_batch = pick(30);
    graph_.tally.records = pick(40);
    graph_.tally.outputs = pick(3);
    graph_.builder.plan.edges[1].bound = {pick(20) + 2, 1 << 20};
    graph_.builder.plan.nodes[0].in_flight = {100 + pick(200), 1 << 20};
    dead_.process = [this](Context&, Batch batch) -> Result<void> {
      answer(batch);
      graph_.held.signal.notify();
      std::move(batch).deliver();
      return {};
    };
    graph_.builder.node("dead", sink_function_type, dead_);
    graph_.builder.plan.edges[0].dead_letter = graph_.builder.dead_letter("dead");
    graph_.builder.plan.dead_letters[0].stop_after = {.rejects = 1'000'000, .of = 1'000'000};
    graph_.numbers.before_poll = [this](Context& context) {
      if (revoke_.exchange(false)) context.revoke_partition(graph_.numbers.partition);
    };
    graph_.numbers.on_released = [this](Context&, uint32_t) {
      graph_.numbers.partition = SLUICE_NO_PARTITION;
      graph_.numbers.emitted = static_cast<uint64_t>(graph_.numbers.committed.load());
    };
    graph_.numbers.on_commit = [this](Context& context, uint32_t partition, int64_t position) -> Result<void> {
      const std::lock_guard lock(mutex_);
      for (int64_t number = 0; number < position; ++number) {
        if (answered_.count(static_cast<uint64_t>(number)) == 0) committed_too_much_ = true;
      }
      graph_.numbers.committed = position;
      context.committed(partition, position);
      return {};
    };
  }

  void run() {
    GraphRuntime runtime(graph_.builder.build(), {});
    begin(runtime);
    // What is left then fits into a tally that is not full.
    const auto is_through = [this] { return answered() + graph_.tally.records > total_; };
    for (uint64_t steps = 0; !is_through(); ++steps) {
      REQUIRE(graph_.held.signal.wait([&] { return is_through() || graph_.held.count() > 0; }));
      if (graph_.held.count() == 0) break;
      settle_one();
      if (steps % 64 == 63) {
        revoke_ = true;
        graph_.numbers.context.wake();
      }
    }
    runtime.request_stop();
    std::atomic<bool> is_over{false};
    std::thread settler([&] {
      while (!is_over) {
        if (graph_.held.signal.wait([&] { return is_over || graph_.held.count() > 0; }) && !is_over) settle_one();
      }
    });
    runtime.wait();
    is_over = true;
    graph_.held.signal.notify();
    settler.join();
    require_no_failure(runtime);
    const auto report = runtime.report();
    require_balance(report);
    const auto& account = node_in(report, "numbers").account;
    CHECK(account.unsettled == 0);
    CHECK(account.relinquished == engine::judge(report).will_be_replayed);
    CHECK(account.relinquished == node_in(report, "tally").relinquished);
    CHECK_FALSE(committed_too_much_);
    // By records and not by verdicts: one that was replayed has several.
    CHECK(account.received == account.count(Verdict::delivered) + account.count(Verdict::discarded) +
                                  account.count(Verdict::dead_lettered) + account.relinquished);
  }

 private:
  uint32_t pick(uint32_t most) { return std::uniform_int_distribution<uint32_t>(1, most)(random_); }
  uint64_t answered() {
    const std::lock_guard lock(mutex_);
    return answered_.size();
  }
  /// Before the verdict: it may be committed before the call that gives it returns.
  void answer(const Batch& batch) {
    const std::lock_guard lock(mutex_);
    for (uint32_t i = 0; i < batch.size(); ++i) {
      const TallyLine line = TallyLine::read(batch[i].payload());
      auto& outputs = outputs_[{line.first, line.count}];
      outputs.insert(line.index);
      if (outputs.size() < line.outputs) continue;
      for (uint64_t number = line.first; number < line.first + line.count; ++number) answered_.insert(number);
      outputs.clear();
    }
  }
  void settle_one() {
    Batch batch = graph_.held.take();
    while (batch) {
      Batch part = batch.size() > 1 ? batch.cut(1) : std::move(batch);
      switch (pick(8)) {
        case 1:
          std::move(part).fail(permanent("refused at random"));
          break;
        case 2:
          answer(part);
          std::move(part).discard("at random");
          break;
        default:
          answer(part);
          std::move(part).deliver();
      }
    }
  }

  static constexpr uint64_t total_ = 600;
  std::mt19937 random_;
  TallyGraph graph_;
  FunctionState dead_;
  std::atomic<bool> revoke_{false};
  std::atomic<bool> committed_too_much_{false};
  std::mutex mutex_;
  std::set<uint64_t> answered_;                                          ///< numbers; guarded by mutex_
  std::map<std::pair<uint64_t, uint64_t>, std::set<uint64_t>> outputs_;  ///< guarded by mutex_
};

}  // namespace

TEST_CASE("whatever is settled, revoked and given back, absorbed records balance and none is committed unsettled") {
  for (uint32_t seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    RandomRun(seed).run();
  }
}
