// SPDX-License-Identifier: Apache-2.0
// The draft, judged and without errors -> the plan of what runs: indices instead of names, nothing of the others.
#include <algorithm>

#include "graph/variables.hpp"
#include "options/secrets.hpp"
#include "validate/steps.hpp"

namespace sluice::engine {
namespace {

uint64_t positive(int64_t value) { return value < 0 ? 0 : static_cast<uint64_t>(value); }

/// A kind that this engine does not know promises nothing.
Replay replay_of(const Described& described) {
  switch (described.fact(SLUICE_FACT_REPLAY)) {
    case SLUICE_REPLAY_FROM_BEGINNING:
      return Replay::from_beginning;
    case SLUICE_REPLAY_FROM_COMMIT:
      return Replay::from_commit;
    default:
      return Replay::none;
  }
}

PlanFacts facts_of(const Described& described) {
  PlanFacts facts;
  facts.replay = replay_of(described);
  facts.durable = described.fact(SLUICE_FACT_DURABLE) != 0;
  facts.max_in_flight = std::max<uint64_t>(positive(described.fact(SLUICE_FACT_MAX_IN_FLIGHT)), 1);
  facts.memory_bytes = positive(described.fact(SLUICE_FACT_MEMORY_BYTES));
  facts.holds_records = positive(described.fact(SLUICE_FACT_HOLDS_RECORDS));
  facts.holds_ns = std::max<int64_t>(described.fact(SLUICE_FACT_HOLDS_NS), 0);
  facts.absorbs = described.fact(SLUICE_FACT_ABSORBS) != 0;
  facts.claims = described.fact(SLUICE_FACT_CLAIMS) != 0;
  return facts;
}

uint32_t usual_input(const Described& described) { return find_port(described.inputs, "", "in").value_or(0); }

class Builder {
 public:
  Builder(const Draft& draft, Plan& plan) : draft_(draft), plan_(plan), index_(draft.nodes.size(), none) {}

  void build() {
    for (size_t i = 0; i < draft_.nodes.size(); ++i) add_node(i);
    for (const DraftEdge& edge : draft_.edges) add_edge(edge);
    add_stages();
    find_routes(plan_);
  }

 private:
  void add_node(size_t index) {
    const DraftNode& node = draft_.nodes[index];
    if (!node.runs) return;
    index_[index] = plan_.nodes.size();
    PlanNode& made = plan_.nodes.emplace_back();
    made.name = node.name();
    made.type_name = node.type->name;
    made.place = node.spec->name.place;
    made.type = &node.type->slots;
    made.role = node.role;
    made.options_owner = node.options;
    made.options = &node.options->root();
    hide_secrets(*node.options, plan_.secrecy);
    made.inputs = node.described->inputs;
    for (const DescribedOutput& output : node.described->outputs)
      made.outputs.push_back({output.name, output.optional});
    made.facts = facts_of(*node.described);
    made.series = node.described->series;
    made.in_flight = node.in_flight;
    made.in_flight_until_committed = node.spec->in_flight && node.spec->in_flight->records;
  }

  void add_edge(const DraftEdge& edge) {
    if (!edge.runs) return;
    PlanEdge& made = plan_.edges.emplace_back();
    made.name = edge.name;
    made.place = edge.spec->place;
    made.from = index_[edge.from];
    made.from_port = *edge.from_port;
    made.to = index_[edge.to];
    made.to_port = *edge.to_port;
    made.buffered = edge.is_buffered;
    made.bound = edge.bound;
    made.when_full = edge.when_full;
    made.commit = edge.commit;
    if (edge.when_full == WhenFull::conflate) made.conflate_slot = slot_of(edge.spec->when_full->conflate_key);
    if (edge.dead_letter_to == none) return;
    const DeadLetterSpec& spec = *edge.spec->dead_letter;
    PlanDeadLetter& dead_letter = plan_.dead_letters.emplace_back();
    dead_letter.name = "dead letter of " + edge.name;
    dead_letter.place = spec.place;
    dead_letter.to = index_[edge.dead_letter_to];
    dead_letter.to_port = usual_input(*draft_.nodes[edge.dead_letter_to].described);
    if (spec.buffer && spec.buffer->records) dead_letter.bound.records = spec.buffer->records->value;
    if (spec.buffer && spec.buffer->bytes) dead_letter.bound.bytes = spec.buffer->bytes->value;
    if (spec.stop_after) dead_letter.stop_after = *spec.stop_after;
    made.dead_letter = static_cast<uint16_t>(plan_.dead_letters.size());
  }

  int32_t slot_of(const std::string& attribute) const {
    for (size_t i = 0; i < plan_.attributes.size(); ++i) {
      if (plan_.attributes[i].name == attribute) return static_cast<int32_t>(i);
    }
    return -1;
  }

  void add_stages() {
    std::vector<size_t> stage_of(draft_.nodes.size(), none);
    for (size_t i = 0; i < draft_.nodes.size(); ++i) {
      if (!draft_.nodes[i].runs || draft_.nodes[i].head != i) continue;
      stage_of[i] = plan_.stages.size();
      plan_.stages.push_back({index_[i], {}});
    }
    for (const size_t node : draft_.order) {
      if (!draft_.nodes[node].runs) continue;
      const size_t stage = stage_of[draft_.nodes[node].head];
      plan_.stages[stage].nodes.push_back(index_[node]);
      plan_.nodes[index_[node]].stage = stage;
    }
  }

  const Draft& draft_;
  Plan& plan_;
  std::vector<size_t> index_;  ///< of a draft's node in the plan
};

}  // namespace

void fill_plan(const Draft& draft, Plan& plan) { Builder(draft, plan).build(); }

}  // namespace sluice::engine
