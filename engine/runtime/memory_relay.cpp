// SPDX-License-Identifier: Apache-2.0
#include "runtime/memory_relay.hpp"

#include <algorithm>

#include "runtime/stage.hpp"

namespace sluice::engine {
namespace {

/// Every node that records of `from` may reach, inside this process: by edges, as dead letters, through memory.
class Reach {
 public:
  Reach(const Plan& plan, const std::vector<MemoryRelay>& relays) : plan_(plan), relays_(relays) {}

  std::vector<bool> from(size_t node) {
    reached_.assign(plan_.nodes.size(), false);
    visit(node);
    return reached_;
  }

 private:
  void visit(size_t node) {
    if (reached_[node]) return;
    reached_[node] = true;
    for (const PlanEdge& edge : plan_.edges) {
      if (edge.from != node) continue;
      visit(edge.to);
      if (edge.dead_letter != 0) visit(plan_.dead_letters[edge.dead_letter - 1].to);
    }
    for (const MemoryRelay& relay : relays_) {
      if (relay.input->index == node) visit(relay.output->index);
    }
  }
  const Plan& plan_;
  const std::vector<MemoryRelay>& relays_;
  std::vector<bool> reached_;
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

bool MemoryRelay::is_drained_through() const {
  const auto gives_no_more = [](const NodeRuntime* source) {
    const bool emits_no_more = source->stage->source_has_ended() || source->stage->has_drained();
    return emits_no_more && source->account->unsettled_records() == 0;
  };
  return std::all_of(sources_before.begin(), sources_before.end(), gives_no_more) &&
         std::all_of(accounts_before.begin(), accounts_before.end(),
                     [](const EdgeRuntime* edge) { return edge->account->unsettled_records() == 0; }) &&
         read() >= accepted();
}

std::vector<MemoryRelay> find_memory_relays(const Plan& plan, std::deque<NodeRuntime>& nodes,
                                            const std::deque<EdgeRuntime>& edges) {
  std::vector<MemoryRelay> relays;
  for (NodeRuntime& input : nodes) {
    for (NodeRuntime& output : nodes) {
      if (is_memory_relay(input, output)) relays.push_back({.input = &input, .output = &output});
    }
  }
  Reach reach(plan, relays);
  for (MemoryRelay& relay : relays) {
    for (const NodeRuntime& node : nodes) {
      if (node.plan.is_source() && &node != relay.output && reach.from(node.index)[relay.input->index]) {
        relay.sources_before.push_back(&node);
      }
    }
    for (const EdgeRuntime& edge : edges) {
      if (edge.account != nullptr && reach.from(edge.to)[relay.input->index]) relay.accounts_before.push_back(&edge);
    }
  }
  return relays;
}

}  // namespace sluice::engine
