// SPDX-License-Identifier: Apache-2.0
// Whole graphs, turn by turn in one thread: whoever's turn it is and whenever a run ends, no record is lost or counted
// twice, records of a key keep their order, no commit moves over what is unsettled, and every run ends. The drain has
// no deadline here: a run that waits for one hangs.
#include <list>
#include <map>
#include <set>

#include "checks.hpp"
#include "gather.hpp"
#include "log_relay.hpp"
#include "simulation.hpp"

using namespace sluice;
using namespace sluice::testing;
using engine::GraphRuntime;

namespace {

constexpr uint64_t numbers_a_source = 1'000'000;

/// What must hold of records, checked where they pass.
class Truth {
 public:
  explicit Truth(Simulation& simulation) : simulation_(simulation) {}

  void comes_to(const std::string& sink, uint64_t number) {
    simulation_.note(number);
    const auto key = std::tuple(sink, number / numbers_a_source, number % keys);
    const auto [last, is_first] = last_.try_emplace(key, number);
    if (!is_first && std::exchange(last->second, number) >= number) says(sink + " got out of order: ", number);
  }
  void settles(uint64_t number) {
    if (!settled_.insert(number).second) says("settled twice: ", number);
  }
  void must_have_settled(uint64_t number) {
    if (settled_.count(number) == 0) says("committed before it settled: ", number);
  }
  void says(const std::string& what, uint64_t number) { faults.push_back(what + std::to_string(number)); }

  std::vector<std::string> faults{};

 private:
  static constexpr uint64_t keys = 8;
  Simulation& simulation_;
  std::map<std::tuple<std::string, uint64_t, uint64_t>, uint64_t> last_;
  std::set<uint64_t> settled_;
};

/// The thread of a sink that settles in any order, and may refuse.
struct SettlingSink {
  Simulation& simulation;
  std::string name;
  bool refuses = false;
  bool keeps_order = true;  ///< what comes here has come by one way
  std::function<Truth&(uint64_t number)> truth{};
  std::vector<Batch> owned{};
  FunctionState node{};

  void connect() {
    node.process = [this](Context&, Batch batch) -> Result<void> {
      for (uint32_t i = 0; i < batch.size() && keeps_order; ++i) {
        truth(number_of(batch[i])).comes_to(name, number_of(batch[i]));
      }
      owned.push_back(std::move(batch));
      return {};
    };
    node.close = [this] { owned.clear(); };
    simulation.add_actor({[this] { return !owned.empty(); }, [this] { settle(); }});
  }
  void settle() {
    const auto which = owned.begin() + static_cast<std::ptrdiff_t>(simulation.pick(owned.size()) - 1);
    Batch batch = std::move(*which);
    owned.erase(which);
    std::vector<uint8_t> lanes(batch.size());
    for (uint32_t i = 0; i < batch.size(); ++i) {
      lanes[i] = refuses && simulation.dice(10) ? 1 : simulation.dice(20) ? 2 : 0;
      if (lanes[i] != 1) truth(number_of(batch[i])).settles(number_of(batch[i]));
    }
    auto parts = std::move(batch).split(lanes.data(), 3);
    if (parts[0]) std::move(parts[0]).deliver();
    if (parts[1]) std::move(parts[1]).fail(permanent("refused at random"));
    if (parts[2]) std::move(parts[2]).discard("at random");
  }
};

/// A source whose server stores a commit later, or does not, and takes the partition away at times.
struct CommittingSource {
  Simulation& simulation;
  Truth& truth;
  NumbersState numbers{};
  bool may_revoke = false;
  bool is_revoking = false;
  uint64_t checked = 0;  ///< numbers below a position that was to be committed
  struct Asked {
    Context context;
    uint32_t partition;
    int64_t position;
  };
  std::deque<Asked> asked{};

  void connect() {
    numbers.on_commit = [this](Context& context, uint32_t partition, int64_t position) -> Result<void> {
      simulation.note(static_cast<uint64_t>(position));
      for (; checked < static_cast<uint64_t>(position); ++checked) truth.must_have_settled(numbers.base + checked);
      if (simulation.dice(20)) return transient("not now");
      asked.push_back({context, partition, position});
      return {};
    };
    numbers.before_poll = [this](Context& context) {
      if (!may_revoke || is_revoking || numbers.partition == SLUICE_NO_PARTITION || !simulation.dice(20)) return;
      is_revoking = true;
      context.revoke_partition(numbers.partition);
    };
    numbers.on_released = [this](Context&, uint32_t) {
      is_revoking = false;
      numbers.partition = SLUICE_NO_PARTITION;
    };
    simulation.add_actor({[this] { return !asked.empty(); }, [this] { answer(); }});
  }
  void answer() {
    const Asked commit = asked.front();
    asked.pop_front();
    if (simulation.dice(8)) {
      commit.context.commit_failed(commit.partition, commit.position, transient("the server is busy"));
      return;
    }
    numbers.committed = std::max<int64_t>(numbers.committed, commit.position);
    commit.context.committed(commit.partition, commit.position);
  }
};

enum class End { by_itself, stopped, aborted };

/// sources -> gather -> route -> left, and -> right or -> a relay in memory -> right; one sink takes all dead letters.
class RandomRun {
 public:
  explicit RandomRun(uint32_t seed) : simulation(seed), truth(simulation), behind_relay(simulation) {
    end = static_cast<End>(simulation.pick(3) - 1);
    has_relay = simulation.dice(3);
    const uint64_t source_count = simulation.pick(2);
    for (uint64_t i = 0; i < source_count; ++i) add_source(i);
    gather_.records = static_cast<uint32_t>(simulation.pick(40));
    gather_.within_ns = simulation.dice(3) ? 0 : static_cast<int64_t>(simulation.pick(5'000'000));
    graph_.node("gather", gather_type, gather_);
    graph_.node("route", transform_function_type, route_, {"left", "right"});
    for (uint64_t i = 0; i < source_count; ++i) {
      connect("source" + std::to_string(i), "gather", 0, source_count > 1 || simulation.dice(2));
    }
    connect("gather", "route", 0, simulation.dice(2));
    add_sink("left", true, true);
    add_sink("right", true, true);
    add_sink("dead", false, false);
    connect("route", "left", 0, simulation.dice(2)).dead_letter = dead_letter();
    if (has_relay) {
      add_relay();
    } else {
      connect("route", "right", 1, simulation.dice(2)).dead_letter = dead_letter();
    }
  }

  void go() {
    engine::RuntimeOptions options;
    options.drain_deadline_ns = options.revoke_deadline_ns = never_ns;
    options.clock = &simulation;
    options.executor = &simulation;
    GraphRuntime runtime(graph_.build(), std::move(options));
    simulation.on_hang = [&] { runtime.request_abort(); };
    bool is_stopped = end == End::by_itself;
    const uint64_t stop_after = simulation.pick(1'500);
    simulation.add_actor({[&] { return !is_stopped && simulation.turns() >= stop_after; },
                          [&] {
                            is_stopped = true;
                            end == End::stopped ? runtime.request_stop() : runtime.request_abort();
                          }});
    begin(runtime);
    runtime.wait();
    require_no_failure(runtime);
    CHECK(runtime.left_behind().empty());
    report = runtime.report();
  }

  Simulation simulation;
  Truth truth;
  Truth behind_relay;
  End end;
  bool has_relay;
  std::list<CommittingSource> sources;
  LogState log;
  engine::Report report;

 private:
  static constexpr int64_t never_ns = 1'000'000'000'000'000'000;

  void add_source(uint64_t i) {
    CommittingSource& source = sources.emplace_back(simulation, truth);
    NumbersState& state = source.numbers;
    state.base = i * numbers_a_source;
    state.total = simulation.pick(120);
    state.per_batch = static_cast<uint32_t>(simulation.pick(20));
    state.ends = end == End::by_itself;
    state.has_positions = !simulation.dice(4);
    source.may_revoke = state.has_positions && simulation.dice(4);
    auto& node = graph_.node("source" + std::to_string(i), numbers_type, state);
    if (state.has_positions) node.facts.replay = Replay::from_commit;
    if (simulation.dice(2)) node.in_flight = {simulation.pick(60), 1 << 20};
    node.in_flight_until_committed = simulation.dice(3);
    source.connect();
  }
  void add_sink(const std::string& name, bool refuses, bool keeps_order) {
    SettlingSink& sink = sinks_.emplace_back(simulation, name, refuses, keeps_order);
    sink.truth = [this](uint64_t number) -> Truth& { return has_relay && number % 2 == 1 ? behind_relay : truth; };
    graph_.node(name, sink_function_type, sink.node).facts.max_in_flight = simulation.pick(4);
    sink.connect();
  }
  engine::PlanEdge& connect(const std::string& from, const std::string& to, uint32_t port, bool is_buffered) {
    if (!is_buffered) return graph_.edge(from, to, port);
    return graph_.buffered(from, to, {simulation.pick(60), 1 << 20}, port);
  }
  uint16_t dead_letter() {
    const uint16_t path = graph_.dead_letter("dead");
    graph_.plan.dead_letters.back().bound = {simulation.pick(40), 1 << 16};
    graph_.plan.dead_letters.back().stop_after = {UINT32_MAX, UINT32_MAX};
    return path;
  }
  void add_relay() {
    log.is_durable = false;
    log.on_write = [this](uint64_t number) {
      truth.comes_to("log", number);
      truth.settles(number);
      numbers_in_log_.push_back(number);
    };
    log.on_commit = [this](int64_t position) {
      while (committed_of_log_ < static_cast<size_t>(position)) {
        behind_relay.must_have_settled(numbers_in_log_[committed_of_log_++]);
      }
    };
    graph_.node("log.in", log_type, log, {}).role = SLUICE_ROLE_RELAY_INPUT;
    auto& output = graph_.node("log.out", log_type, log);
    output.role = SLUICE_ROLE_RELAY_OUTPUT;
    output.inputs.clear();
    output.facts.replay = Replay::from_commit;
    connect("route", "log.in", 1, simulation.dice(2));
    connect("log.out", "right", 0, simulation.dice(2)).dead_letter = dead_letter();
    give_both_halves_one_name(graph_);
  }

  GraphBuilder graph_;
  GatherState gather_;
  FunctionState route_ = route_by_number(2);
  std::list<SettlingSink> sinks_;
  std::vector<uint64_t> numbers_in_log_;
  size_t committed_of_log_ = 0;
};

void check(RandomRun& run) {
  REQUIRE_FALSE(run.simulation.has_hung());
  for (const Truth* truth : {&run.truth, &run.behind_relay}) {
    for (const std::string& fault : truth->faults) UNSCOPED_INFO(fault);
    REQUIRE(truth->faults.empty());
  }
  require_balance(run.report);
  if (run.end == End::aborted) return;
  for (const auto& node : run.report.nodes) {
    REQUIRE(node.held == 0);
    if (!node.is_source) continue;
    REQUIRE(node.account.unsettled == 0);
    REQUIRE(node.account.count(records::Verdict::failed) == 0);
  }
  for (const CommittingSource& source : run.sources) {
    const NumbersState& numbers = source.numbers;
    if (run.end == End::by_itself) REQUIRE(numbers.emitted == numbers.total);
    if (numbers.has_positions) REQUIRE(numbers.committed == static_cast<int64_t>(numbers.emitted));
  }
  if (run.has_relay) REQUIRE(run.log.committed == static_cast<int64_t>(run.log.size()));
}

}  // namespace

TEST_CASE("whoever's turn it is, a graph loses nothing, keeps order, commits what has settled, and ends") {
  for (uint32_t seed = 0; seed < 2'000; ++seed) {
    INFO("seed " << seed);
    RandomRun run(seed);
    run.go();
    check(run);
  }
}

TEST_CASE("a seed is one run") {
  for (uint32_t seed = 0; seed < 200; ++seed) {
    INFO("seed " << seed);
    RandomRun one(seed);
    one.go();
    RandomRun other(seed);
    other.go();
    REQUIRE(one.simulation.trace() == other.simulation.trace());
    REQUIRE(one.simulation.turns() == other.simulation.turns());
  }
}
