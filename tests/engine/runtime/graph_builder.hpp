// SPDX-License-Identifier: Apache-2.0
// Builds small plans by hand, so that tests of the runtime need neither YAML nor plugins on disk: node types are made
// of classes in the test, and each class reaches the test's own state through a pointer in its options' place.
#pragma once
#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/graph_runtime.hpp"
#include "sluice/plugin.hpp"

namespace sluice::testing {

/// How a node class of a test gets at the test's state: by the key in its one option.
struct Shared {
  static std::map<std::string, void*, std::less<>>& slots() {
    static std::map<std::string, void*, std::less<>> all;
    return all;
  }
  template <typename T>
  static T& of(Config options) {
    return *static_cast<T*>(slots().find(options["state"].text())->second);
  }
};

class GraphBuilder {
 public:
  engine::Plan plan;

  GraphBuilder() { plan.graph = "test"; }

  template <typename State>
  engine::PlanNode& node(std::string name, const sluice_node_type& type, State& state,
                         std::vector<std::string> outputs = {"out"}) {
    Shared::slots()[name] = &state;
    auto text = std::make_shared<std::pair<std::string, sluice_config[2]>>();
    text->first = name;
    sluice_config& option = text->second[1];
    option = {};
    option.struct_size = sizeof option;
    option.kind = SLUICE_TEXT;
    option.key = to_str("state");
    option.text = to_str(text->first);
    sluice_config& root = text->second[0];
    root = {};
    root.struct_size = sizeof root;
    root.kind = SLUICE_OBJECT;
    root.items = &option;
    root.item_count = 1;
    engine::PlanNode& made = plan.nodes.emplace_back();
    made.name = std::move(name);
    made.type_name = std::string(to_view(type.name));
    made.type = &type;
    made.options = &root;
    made.options_owner = text;
    if (type.kind != SLUICE_SOURCE) made.inputs = {"in"};
    if (type.kind != SLUICE_SINK) {
      for (auto& output : outputs) made.outputs.push_back({std::move(output), false});
    }
    made.in_flight = {1'000'000, uint64_t{1} << 30};
    return made;
  }

  engine::PlanEdge& edge(std::string_view from, std::string_view to, uint32_t from_port = 0) {
    engine::PlanEdge& made = plan.edges.emplace_back();
    made.name = std::string(from) + " -> " + std::string(to);
    made.from = index_of(from);
    made.from_port = from_port;
    made.to = index_of(to);
    return made;
  }
  engine::PlanEdge& buffered(std::string_view from, std::string_view to, engine::Bound bound, uint32_t from_port = 0) {
    engine::PlanEdge& made = edge(from, to, from_port);
    made.buffered = true;
    made.bound = bound;
    return made;
  }
  /// The path that takes rejects to this sink.
  uint16_t dead_letter(std::string_view to) {
    engine::PlanDeadLetter& made = plan.dead_letters.emplace_back();
    made.name = "dead letter to " + std::string(to);
    made.to = index_of(to);
    return static_cast<uint16_t>(plan.dead_letters.size());
  }

  size_t index_of(std::string_view name) const {
    for (size_t i = 0; i < plan.nodes.size(); ++i) {
      if (plan.nodes[i].name == name) return i;
    }
    return SIZE_MAX;
  }

  /// Computes the routes, and the stages: heads, and what each reaches by direct edges.
  engine::Plan build() {
    plan.stages.clear();
    for (size_t i = 0; i < plan.nodes.size(); ++i) {
      bool is_head = true;
      for (const engine::PlanEdge& e : plan.edges) is_head = is_head && (e.to != i || e.buffered);
      if (!is_head) continue;
      engine::PlanStage stage;
      stage.head = i;
      std::vector<bool> is_known(plan.nodes.size(), false);
      add_behind(i, is_known, stage.nodes);
      std::reverse(stage.nodes.begin(), stage.nodes.end());
      for (const size_t node : stage.nodes) plan.nodes[node].stage = plan.stages.size();
      plan.stages.push_back(stage);
    }
    engine::find_routes(plan);
    return plan;
  }

 private:
  /// Every node behind the ones it calls.
  void add_behind(size_t node, std::vector<bool>& is_known, std::vector<size_t>& nodes) const {
    is_known[node] = true;
    for (const engine::PlanEdge& e : plan.edges) {
      if (e.from == node && !e.buffered && !is_known[e.to]) add_behind(e.to, is_known, nodes);
    }
    nodes.push_back(node);
  }
};

}  // namespace sluice::testing
