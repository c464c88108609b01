// SPDX-License-Identifier: Apache-2.0
// Random small graphs: splits, merges, copies, batches, buffers of every policy, on_accept edges, dead letters, sinks
// that settle from threads of their own in any order. Whatever they do and however they end, every account balances;
// and where nothing was torn down, nothing is unsettled.
#include <list>
#include <numeric>
#include <random>
#include <set>

#include "checks.hpp"
#include "gather.hpp"
#include "random_sink.hpp"

using namespace sluice;
using namespace sluice::testing;
using engine::Commit;
using engine::GraphRuntime;
using engine::WhenFull;
using records::Verdict;

namespace {

FunctionState expand_or_fold(uint32_t seed) {
  return {.process = [random = std::mt19937(seed)](Context& context, Batch batch) mutable -> Result<void> {
    if (random() % 2 == 0) {
      std::vector<uint32_t> copies(batch.size());
      for (uint32_t& count : copies) count = 1 + random() % 2;
      batch = std::move(batch).expand(copies.data());
    }
    std::vector<uint32_t> sizes;
    for (uint32_t left = batch.size(); left > 0;) {
      sizes.push_back(std::min<uint32_t>(left, 1 + random() % 3));
      left -= sizes.back();
    }
    context.emit(0, std::move(batch).fold(sizes.data(), static_cast<uint32_t>(sizes.size())));
    return {};
  }};
}

class RandomGraph {
 public:
  explicit RandomGraph(uint32_t seed) : random_(seed) {
    graph.plan.attributes = {{"key", SLUICE_VALUE_INTEGER}, {"reject_reason", SLUICE_VALUE_TEXT}};
    has_dead_letters_ = pick(2) == 1;
    const uint64_t source_count = pick(2);
    for (uint64_t i = 0; i < source_count; ++i) add_source("source" + std::to_string(i));
    const uint64_t middle_count = pick(4) - 1;
    for (uint64_t i = 0; i < middle_count; ++i) add_middle("middle" + std::to_string(i));
    const size_t first_sink = graph.plan.nodes.size();
    const uint64_t sink_count = pick(2);
    for (uint64_t i = 0; i < sink_count; ++i) add_sink("sink" + std::to_string(i), has_dead_letters_);
    connect(source_count, first_sink);
    if (!has_dead_letters_) return;
    add_sink("dead", false);
    for (engine::PlanEdge& edge : graph.plan.edges) {
      if (edge.from >= source_count && pick(3) != 1) continue;
      edge.dead_letter = graph.dead_letter("dead");
      graph.plan.dead_letters.back().bound = {pick(40), 1 << 16};
      graph.plan.dead_letters.back().stop_after = {UINT32_MAX, UINT32_MAX};
    }
  }

  uint64_t pick(uint64_t most) { return std::uniform_int_distribution<uint64_t>(1, most)(random_); }

  GraphBuilder graph;
  std::list<NumbersState> sources;
  bool may_drop = false;

 private:
  void add_source(std::string name) {
    NumbersState& state = sources.emplace_back();
    state.total = pick(400);
    state.per_batch = static_cast<uint32_t>(pick(30));
    state.has_positions = pick(2) == 1;
    auto& node = graph.node(std::move(name), numbers_type, state);
    if (state.has_positions) node.facts.replay = sluice::Replay::from_commit;
  }
  void add_middle(std::string name) {
    switch (pick(4)) {
      case 1:
        graph.node(std::move(name), transform_function_type, functions_.emplace_back(route_by_number(2)), {"a", "b"});
        return;
      case 2: {
        GatherState& gather = gathers_.emplace_back();
        gather.records = static_cast<uint32_t>(pick(60));
        gather.within_ns = pick(2) == 1 ? 200'000 : 0;
        graph.node(std::move(name), gather_type, gather);
        return;
      }
      case 3:
        graph.node(std::move(name), transform_function_type,
                   functions_.emplace_back(expand_or_fold(static_cast<uint32_t>(pick(1'000'000)))));
        return;
      default:
        graph.node(std::move(name), transform_function_type, functions_.emplace_back(pass_on()));
    }
  }
  void add_sink(std::string name, bool refuses) {
    RandomSinkState& state = sinks_.emplace_back();
    state.seed = static_cast<uint32_t>(pick(1'000'000));
    state.refuses = refuses;
    graph.node(std::move(name), random_sink_type, state).facts.max_in_flight = pick(4);
  }

  void connect(size_t source_count, size_t first_sink) {
    const size_t count = graph.plan.nodes.size();
    struct Link {
      size_t from;
      uint32_t port;
    };
    std::vector<std::vector<Link>> into(count);
    for (size_t from = 0; from < first_sink; ++from) {
      const size_t first = std::max(from + 1, source_count);
      for (uint32_t port = 0; port < graph.plan.nodes[from].outputs.size(); ++port) {
        std::set<size_t> targets;
        for (uint64_t wanted = pick(3) == 1 ? 2 : 1; wanted > 0; --wanted) {
          targets.insert(first + pick(count - first) - 1);
        }
        for (const size_t to : targets) into[to].push_back({from, port});
      }
    }
    std::vector<size_t> head(count);
    std::iota(head.begin(), head.end(), 0);
    for (size_t to = source_count; to < count; ++to) {
      if (into[to].empty()) into[to].push_back({pick(source_count) - 1, 0});
      std::set<size_t> heads;
      for (const Link& link : into[to]) heads.insert(head[link.from]);
      const bool is_direct = heads.size() == 1 && pick(2) == 1;
      if (is_direct) head[to] = *heads.begin();
      for (const Link& link : into[to]) add_edge(link.from, link.port, to, is_direct);
    }
  }
  void add_edge(size_t from, uint32_t port, size_t to, bool is_direct) {
    engine::PlanEdge& edge = graph.edge(graph.plan.nodes[from].name, graph.plan.nodes[to].name, port);
    if (is_direct) return;
    edge.buffered = true;
    edge.bound = {pick(60), pick(2) == 1 ? 1 << 20 : 300 + pick(3'000)};
    constexpr WhenFull policies[] = {WhenFull::block, WhenFull::block, WhenFull::drop_newest, WhenFull::drop_oldest,
                                     WhenFull::conflate};
    edge.when_full = policies[pick(5) - 1];
    edge.conflate_slot = 0;
    if (pick(4) == 1) edge.commit = Commit::on_accept;
    may_drop = may_drop || edge.when_full != WhenFull::block;
  }

  std::mt19937 random_;
  bool has_dead_letters_ = false;
  std::list<FunctionState> functions_;
  std::list<GatherState> gathers_;
  std::list<RandomSinkState> sinks_;
};

enum class Ending { by_itself, stopped, aborted };

void torture(uint32_t seed) {
  RandomGraph random(seed);
  const auto ending = static_cast<Ending>(random.pick(3) - 1);
  INFO("seed " << seed << ", ending " << static_cast<int>(ending));
  if (ending != Ending::by_itself) {
    for (NumbersState& source : random.sources) source.ends = false;
  }
  NumbersState& first = random.sources.front();
  const uint64_t enough = random.pick(first.total);
  GraphRuntime runtime(random.graph.build(), {});
  begin(runtime);
  if (ending != Ending::by_itself) {
    // A full buffer before a batch without a time limit may hold the source before that: then stop where it stands.
    REQUIRE(first.signal.wait([&] { return first.emitted >= enough || first.polls_without_credit > 0; }));
    if (ending == Ending::stopped) runtime.request_stop();
    if (ending == Ending::aborted) runtime.request_abort();
  }
  runtime.wait();
  require_no_failure(runtime);
  const auto report = runtime.report();
  require_balance(report);
  if (ending == Ending::aborted) return;
  for (const auto& node : report.nodes) {
    CHECK(node.held == 0);
    if (!node.is_source) continue;
    CHECK(node.account.unsettled == 0);
    CHECK(node.account.count(Verdict::failed) == 0);
    for (const auto& partition : node.partitions) CHECK(partition.committed == partition.settled);
  }
  for (const auto& edge : report.edges) {
    CHECK(edge.waiting + edge.parked == 0);
    CHECK(edge.waiting_bytes == 0);
    if (edge.takes_over) CHECK(edge.account.unsettled == 0);
    if (!random.may_drop) CHECK(edge.discarded == 0);
  }
  for (const NumbersState& source : random.sources) {
    if (ending == Ending::by_itself) CHECK(source.emitted == source.total);
    if (source.has_positions && source.emitted > 0) CHECK(source.committed == static_cast<int64_t>(source.emitted));
  }
}

}  // namespace

TEST_CASE("random graphs balance, however they end") {
  for (uint32_t seed = 0; seed < 400; ++seed) torture(seed);
}
