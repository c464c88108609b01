// SPDX-License-Identifier: Apache-2.0
#include "runtime/memory_relay.hpp"

#include <algorithm>
#include <set>

namespace sluice::engine {
namespace {

/// Where records may go inside this process: by edges, as dead letters, through memory. Who refuses a record sends it
/// to the dead letter of its path, which may be that of an edge far upstream: so a place is a node and a path.
class Reach {
 public:
  Reach(const Plan& plan, const std::vector<MemoryRelay>& relays)
      : plan_(plan), relays_(relays), paths_at_(plan.nodes.size()) {}

  void begin_at(size_t source) { visit(source, 0); }
  void follow(const PlanEdge& edge, uint16_t path) { visit(edge.to, edge.dead_letter != 0 ? edge.dead_letter : path); }

  bool has(size_t node) const { return !paths_at_[node].empty(); }
  const std::set<uint16_t>& paths_at(size_t node) const { return paths_at_[node]; }

 private:
  void visit(size_t node, uint16_t path) {
    if (!paths_at_[node].insert(path).second) return;
    if (path != 0) visit(plan_.dead_letters[path - 1].to, 0);
    for (const PlanEdge& edge : plan_.edges) {
      if (edge.from == node) follow(edge, path);
    }
    for (const MemoryRelay& relay : relays_) {
      if (relay.input->index == node) begin_at(relay.output->index);
    }
  }
  const Plan& plan_;
  const std::vector<MemoryRelay>& relays_;
  std::vector<std::set<uint16_t>> paths_at_;
};

bool is_memory_relay(const NodeRuntime& input, const NodeRuntime& output) {
  return input.plan.type->kind == SLUICE_RELAY && input.plan.role == SLUICE_ROLE_RELAY_INPUT &&
         !input.plan.facts.durable && output.plan.type->kind == SLUICE_RELAY &&
         output.plan.role == SLUICE_ROLE_RELAY_OUTPUT && output.plan.name == input.plan.name;
}

}  // namespace

uint64_t MemoryRelay::accepted() const {
  return input->counters.settled[static_cast<size_t>(records::Verdict::accepted)].load(std::memory_order_relaxed);
}

uint64_t MemoryRelay::read() const { return output->account->totals.received.load(std::memory_order_relaxed); }

std::vector<MemoryRelay> find_memory_relays(const Plan& plan, std::deque<NodeRuntime>& nodes,
                                            const std::deque<EdgeRuntime>& edges) {
  std::vector<MemoryRelay> relays;
  for (NodeRuntime& input : nodes) {
    for (NodeRuntime& output : nodes) {
      if (is_memory_relay(input, output)) relays.push_back({.input = &input, .output = &output});
    }
  }
  if (relays.empty()) return relays;
  Reach of_all(plan, relays);
  for (const NodeRuntime& source : nodes) {
    if (!source.plan.is_source()) continue;
    of_all.begin_at(source.index);
    Reach reach(plan, relays);
    reach.begin_at(source.index);
    for (MemoryRelay& relay : relays) {
      if (&source != relay.output && reach.has(relay.input->index)) relay.sources_before.push_back(&source);
    }
  }
  for (const EdgeRuntime& edge : edges) {
    if (edge.account == nullptr) continue;
    Reach reach(plan, relays);
    for (const uint16_t path : of_all.paths_at(edge.plan->from)) reach.follow(*edge.plan, path);
    for (MemoryRelay& relay : relays) {
      if (reach.has(relay.input->index)) relay.accounts_before.push_back(&edge);
    }
  }
  return relays;
}

}  // namespace sluice::engine
