// SPDX-License-Identifier: Apache-2.0
#include "validate/picture.hpp"

#include <algorithm>

#include "graph/units.hpp"
#include "validate/graph_picture.hpp"
#include "validate/steps.hpp"

namespace sluice::engine {
namespace {

std::string bound_label(const Bound& bound) { return count_text(bound.records) + ", " + size_text(bound.bytes); }

std::string edge_label(const std::string& port, bool is_buffered, const Bound& bound, WhenFull when_full,
                       const std::string& key, Commit commit) {
  std::string label = port;
  if (!is_buffered) return label;
  label += (label.empty() ? "" : "\n") + bound_label(bound) + "\n" + std::string(word(when_full));
  if (when_full == WhenFull::conflate) label += " by " + key;
  if (commit == Commit::on_accept) label += "\non_accept";
  return label;
}

/// The two halves of a relay, or any node again: once.
void add_node(Picture& picture, Picture::Node node) {
  const auto known = std::find_if(picture.nodes.begin(), picture.nodes.end(),
                                  [&](const Picture::Node& other) { return other.name == node.name; });
  if (known == picture.nodes.end()) {
    picture.nodes.push_back(std::move(node));
    return;
  }
  for (const size_t frame : node.frames) {
    if (std::find(known->frames.begin(), known->frames.end(), frame) == known->frames.end()) {
      known->frames.push_back(frame);
    }
  }
}

}  // namespace

Picture picture_of(const Plan& plan) {
  Picture picture;
  picture.title = plan.graph + (plan.process.empty() ? "" : ", process " + plan.process);
  for (const PlanNode& node : plan.nodes) {
    add_node(picture, {node.name, node.type_name, node.type->kind, {}, node.stage});
  }
  for (const PlanEdge& edge : plan.edges) {
    const PlanNode& from = plan.nodes[edge.from];
    const PlanNode& to = plan.nodes[edge.to];
    const std::string port =
        from.outputs.size() > 1 && from.outputs[edge.from_port].name != "out" ? from.outputs[edge.from_port].name : "";
    const std::string key = edge.conflate_slot < 0 ? "" : plan.attributes[static_cast<size_t>(edge.conflate_slot)].name;
    picture.edges.push_back({from.name, to.name,
                             edge_label(port, edge.buffered, edge.bound, edge.when_full, key, edge.commit),
                             edge.buffered, false});
    if (edge.dead_letter == 0) continue;
    const PlanDeadLetter& one = plan.dead_letters[edge.dead_letter - 1];
    picture.edges.push_back({to.name, plan.nodes[one.to].name, "dead letter", true, true});
  }
  return picture;
}

Picture picture_of(const GraphSpec& spec, const Registry& registry) {
  Diagnostics ignored;
  Draft draft = make_draft(spec, &registry, ignored);
  assign_processes(draft, {}, ignored);
  find_order(draft, ignored);
  find_stages(draft, ignored);
  Picture picture;
  picture.title = spec.name.value;
  for (const ProcessSpec& process : spec.processes) picture.frames.push_back(process.name.value);
  std::vector<size_t> heads;
  for (const DraftNode& node : draft.nodes) {
    const auto known = std::find(heads.begin(), heads.end(), node.head);
    const auto stage = static_cast<size_t>(known - heads.begin());
    if (known == heads.end()) heads.push_back(node.head);
    add_node(picture, {node.name(), node.spec->type.value, node.kind,
                       std::vector<size_t>(node.processes.begin(), node.processes.end()), stage});
  }
  for (const DraftEdge& edge : draft.edges) {
    const std::string& to = draft.nodes[edge.to].name();
    const std::string key = edge.spec->when_full ? edge.spec->when_full->conflate_key : "";
    picture.edges.push_back({draft.nodes[edge.from].name(), to,
                             edge_label(edge.spec->from.port == "out" ? "" : edge.spec->from.port, edge.is_buffered,
                                        edge.bound, edge.when_full, key, edge.commit),
                             edge.is_buffered, false});
    if (edge.dead_letter_to != none) {
      picture.edges.push_back({to, draft.nodes[edge.dead_letter_to].name(), "dead letter", true, true});
    }
  }
  return picture;
}

}  // namespace sluice::engine
