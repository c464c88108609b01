// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <set>
#include <utility>

#include "validate/steps.hpp"

namespace sluice::engine {
namespace {

// For an edge or dead letter that leaves a part of its bound out.
constexpr Bound default_bound{10'000, uint64_t{64} << 20};

class Builder {
 public:
  Builder(const GraphSpec& spec, const Registry* registry, Diagnostics& diagnostics)
      : registry_(registry), diagnostics_(diagnostics) {
    draft_.spec = &spec;
  }

  Draft build() {
    note_wiring();
    for (const NodeSpec& node : draft_.spec->nodes) add_node(node);
    for (const EdgeSpec& edge : draft_.spec->edges) add_edge(edge);
    draft_.edges_are_whole = draft_.edges_are_whole && no_edge_was_lost();
    draft_.topology = make_topology();
    return std::move(draft_);
  }

 private:
  void note_wiring() {
    for (const EdgeSpec& edge : draft_.spec->edges) {
      giving_.insert(edge.from.node);
      taking_.insert(edge.to.node);
      if (edge.dead_letter) taking_.insert(edge.dead_letter->node.value);
    }
    for (const ProcessSpec& process : draft_.spec->processes) {
      for (const auto& from : process.from) begins_process_.insert(from.value);
    }
  }

  void add_node(const NodeSpec& spec) {
    DraftNode node;
    node.spec = &spec;
    node.type = registry_ == nullptr ? nullptr : registry_->find(spec.type.value);
    node.kind = node.type == nullptr ? guessed_kind(spec.name.value) : node.type->kind;
    if (node.type == nullptr) {
      draft_.types_are_whole = false;
      if (registry_ != nullptr && !spec.type.value.empty()) report_missing(spec);
    }
    if (!node.is_relay()) {
      draft_.add_node(std::move(node));
      return;
    }
    const bool gives = giving_.contains(spec.name.value);
    // An unwired relay is described, and complained about, as what takes.
    const bool takes = taking_.contains(spec.name.value) || !gives;
    for (const auto& [used, role] : {std::pair{takes, SLUICE_ROLE_RELAY_INPUT}, {gives, SLUICE_ROLE_RELAY_OUTPUT}}) {
      if (!used) continue;
      node.role = role;
      draft_.add_node(node);
    }
  }

  uint32_t guessed_kind(const std::string& name) const {
    if (!taking_.contains(name)) return SLUICE_SOURCE;
    if (!giving_.contains(name)) return SLUICE_SINK;
    return begins_process_.contains(name) ? SLUICE_RELAY : SLUICE_TRANSFORM;
  }

  void report_missing(const NodeSpec& spec) {
    for (const RefusedPlugin& refused : registry_->refused()) {
      if (refused.path.stem().string() != spec.type.value) continue;
      diagnostics_.error(Code::plugin_not_loaded, spec.type.place, spec.subject(), missing_sentence(spec.type.value));
      return;
    }
    diagnostics_.error(Code::unknown_node_type, spec.type.place, spec.subject(), missing_sentence(spec.type.value),
                       registry_->did_you_mean(spec.type.value));
  }

  /// Where was looked, and what was refused, is told once.
  std::string missing_sentence(const std::string& type) {
    return std::exchange(has_told_where_, true) ? registry_->short_missing_sentence(type)
                                                : registry_->missing_sentence(type);
  }

  void add_edge(const EdgeSpec& spec) {
    DraftEdge edge;
    edge.spec = &spec;
    edge.name = spec.from.text() + " -> " + spec.to.text();
    edge.from = draft_.giving(spec.from.node);
    edge.to = draft_.taking(spec.to.node);
    if (edge.from == none || edge.to == none) {
      draft_.edges_are_whole = false;
      return;
    }
    edge.is_buffered = spec.buffer.has_value();
    if (edge.is_buffered) {
      edge.bound.records = spec.buffer->records ? spec.buffer->records->value : default_bound.records;
      edge.bound.bytes = spec.buffer->bytes ? spec.buffer->bytes->value : default_bound.bytes;
    }
    if (spec.when_full) edge.when_full = spec.when_full->policy;
    if (spec.commit) edge.commit = spec.commit->value;
    const size_t index = draft_.edges.size();
    if (spec.dead_letter) {
      edge.dead_letter_to = draft_.taking(spec.dead_letter->node.value);
      if (edge.dead_letter_to != none) draft_.nodes[edge.dead_letter_to].dead_letters.push_back(index);
    }
    draft_.nodes[edge.from].out.push_back(index);
    draft_.nodes[edge.to].in.push_back(index);
    draft_.edges.push_back(std::move(edge));
  }

  Topology make_topology() const {
    Topology::Shape shape;
    for (size_t i = 0; i < draft_.nodes.size(); ++i) {
      const DraftNode& node = draft_.nodes[i];
      shape.nodes.push_back({node.is_source(), node.is_sink()});
      const size_t output = node.role == SLUICE_ROLE_RELAY_INPUT ? draft_.giving(node.name()) : none;
      if (output != none) shape.relays.push_back({i, output});
    }
    for (const DraftEdge& edge : draft_.edges) {
      if (edge.spec->dead_letter) shape.dead_letters.push_back(edge.dead_letter_to);
      shape.edges.push_back({edge.from, edge.to, edge.spec->dead_letter ? shape.dead_letters.size() : 0});
    }
    return Topology(std::move(shape));
  }

  /// An edge that the reader of the file could not read is not in the spec.
  bool no_edge_was_lost() const {
    static const std::set<Code> losing{Code::bad_edge,    Code::bad_name,      Code::variable_not_allowed,
                                       Code::missing_key, Code::wrong_type,    Code::unknown_node,
                                       Code::yaml_syntax, Code::yaml_quote,    Code::yaml_duplicate_key,
                                       Code::yaml_key,    Code::yaml_too_deep, Code::yaml_alias_cycle};
    if (!diagnostics_.has_errors()) return true;
    for (const Diagnostic& one : diagnostics_.sorted()) {
      if (one.severity == Severity::error && losing.contains(one.code)) return false;
    }
    return true;
  }

  const Registry* registry_;
  Diagnostics& diagnostics_;
  Draft draft_;
  std::set<std::string> giving_;
  std::set<std::string> taking_;
  std::set<std::string> begins_process_;
  bool has_told_where_ = false;
};

}  // namespace

Draft make_draft(const GraphSpec& spec, const Registry* registry, Diagnostics& diagnostics) {
  return Builder(spec, registry, diagnostics).build();
}

}  // namespace sluice::engine
