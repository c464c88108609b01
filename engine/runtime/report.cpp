// SPDX-License-Identifier: Apache-2.0
#include "runtime/report.hpp"

#include <atomic>
#include <numeric>

#include "graph/routes.hpp"
#include "runtime/graph_runtime.hpp"

namespace sluice::engine {
namespace {

uint64_t sum_of(const std::array<uint64_t, records::verdict_count>& settled) {
  return std::accumulate(settled.begin(), settled.end(), uint64_t{0});
}

AccountReport report_of(FlowAccount& account, int64_t now_ns) {
  AccountReport report;
  for (size_t i = 0; i < records::verdict_count; ++i) {
    report.settled[i] = account.totals.settled[i].load(std::memory_order_acquire);
  }
  report.relinquished = account.totals.relinquished.load(std::memory_order_acquire);
  // What has left was read before what came (acquire), so that the difference is never below zero while the graph runs.
  report.received = account.totals.received.load(std::memory_order_relaxed);
  report.made = account.totals.made.load(std::memory_order_relaxed);
  report.unsettled = report.received + report.made - sum_of(report.settled) - report.relinquished;
  report.unsettled_bytes = account.unsettled_bytes();
  report.latency = account.latency().report();
  report.p50_ns = report.latency.quantile_ns(0.5);
  report.p99_ns = report.latency.quantile_ns(0.99);
  report.over_budget = account.over_budget();
  if (const auto oldest = account.oldest_ns()) report.oldest_unsettled_ns = now_ns - *oldest;
  return report;
}

NodeReport report_of(const NodeRuntime& node, int64_t now_ns) {
  NodeReport report;
  report.name = node.plan.name;
  report.type = node.plan.type_name;
  report.half = node.plan.shown_name().substr(node.plan.name.size());
  report.is_source = node.plan.is_source();
  report.is_sink = node.plan.is_sink();
  report.replay = node.plan.facts.replay;
  report.stage = node.plan.stage;
  report.holds_ns = node.plan.facts.holds_ns;
  report.has_room = !node.is_sink || node.has_room();
  report.in_flight = node.plan.in_flight;
  report.in_flight_until_committed = node.plan.in_flight_until_committed;
  for (size_t i = 0; i < records::verdict_count; ++i) {
    report.settled[i] = node.counters.settled[i].load(std::memory_order_acquire);
  }
  report.out = node.counters.out_records.load();
  report.out_batches = node.counters.out_batches.load();
  report.folded = node.counters.folded.load(std::memory_order_acquire);
  report.relinquished = node.counters.relinquished.load(std::memory_order_acquire);
  // As above.
  report.in = node.counters.in_records.load();
  report.in_batches = node.counters.in_batches.load();
  report.out_bytes = node.counters.out_bytes.load();
  report.made = node.counters.made.load(std::memory_order_relaxed);
  report.held = report.in + report.made - report.out - report.folded - report.relinquished - sum_of(report.settled);
  report.holds = node.holds;
  if (node.holds) report.held_time = node.held.report();
  report.discards = node.discards();
  const NodeRuntime::Status status = node.status();
  report.status = status.status;
  report.status_sentence = status.sentence;
  for (auto& metric : node.context.metrics()) {
    report.metrics.emplace_back(std::move(metric.name), metric.value);
    report.metric_facts.push_back({metric.kind, std::move(metric.help)});
  }
  report.lag = node.lag();
  if (node.account != nullptr) {
    report.account = report_of(*node.account, now_ns);
    if (node.account->takes_commits()) report.account.uncommitted = node.account->uncommitted_records();
    for (auto& partition : node.account->partitions()) {
      report.partitions.push_back({std::move(partition.name), partition.settled, partition.committed});
    }
  }
  return report;
}

EdgeReport report_of(const Plan& plan, const EdgeRuntime& edge, int64_t now_ns) {
  EdgeReport report;
  report.name = edge.name;
  report.to = plan.nodes[edge.to].name;
  report.to_node = edge.to;
  report.stage = plan.stages.size();
  if (edge.plan != nullptr) {
    report.from_node = edge.plan->from;
    report.from = plan.nodes[edge.plan->from].name;
    report.stage = plan.nodes[edge.plan->from].stage;
    report.when_full = edge.plan->when_full;
  }
  if (edge.dead_letter != nullptr) {
    const size_t declaring = plan.routes->declaring_edge(edge.index - plan.edges.size() + 1);
    if (declaring != Topology::none) {
      report.from_node = plan.edges[declaring].to;
      report.from = plan.nodes[report.from_node].name;
    }
  }
  report.is_buffered = edge.queue != nullptr;
  report.is_dead_letter = edge.dead_letter != nullptr;
  report.in = edge.in_records();
  report.in_batches = edge.in_batches.load();
  report.out = edge.out_records.load();
  report.discarded = edge.discarded.load(std::memory_order_relaxed);
  report.rejected = edge.rejected.load(std::memory_order_relaxed);
  report.parked = edge.parked.load();
  if (edge.target->is_sink) report.settling_time = edge.settling.report();
  if (edge.queue != nullptr) {
    report.waiting_time = edge.waiting.report();
    report.waiting = edge.queue->waiting_records();
    report.waiting_bytes = edge.queue->waiting_bytes();
    report.in_bytes = edge.queue->taken_bytes();
    report.has_room = edge.queue->has_room();
    const Bound& bound = edge.plan != nullptr ? edge.plan->bound : edge.dead_letter->bound;
    report.bound_records = bound.records;
    report.bound_bytes = bound.bytes;
  }
  if (edge.account != nullptr) {
    report.takes_over = true;
    report.account = report_of(*edge.account, now_ns);
  }
  return report;
}

}  // namespace

Report GraphRuntime::report() const {
  Report report;
  report.graph = plan_.graph;
  report.process = plan_.process;
  report.latency_budget_ns = plan_.latency_budget_ns;
  report.routes = plan_.routes;
  report.standby = claims_.standby();
  const int64_t now_ns = clock_.monotonic_ns();
  for (const NodeRuntime& node : nodes_) report.nodes.push_back(report_of(node, now_ns));
  for (const EdgeRuntime& edge : edges_) report.edges.push_back(report_of(plan_, edge, now_ns));
  for (const Stage& stage : stages_) report.stages.push_back({stage.name(), stage.turns()});
  if (const std::optional<Failure> failed = failure(); failed && failed->error.code == SLUICE_POSITION_GONE) {
    for (NodeReport& node : report.nodes) {
      if (node.is_source && node.name == failed->node) node.replay = Replay::none;
    }
  }
  for (const MemoryRelay& relay : memory_relays_) {
    // It can replay only while the process lives, and a receipt is about what comes after.
    report.nodes[relay.output->index].replay = Replay::none;
    report.relays.push_back({relay.input->plan.name, relay.accepted(), relay.read()});
  }
  return report;
}

}  // namespace sluice::engine
