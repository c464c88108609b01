// SPDX-License-Identifier: Apache-2.0
#include "graph/routes.hpp"

#include <algorithm>

namespace sluice::engine {
namespace {

using Over = Topology::Over;

/// The part of a way that leaves `source`, in reversed post-order. By hand, as a long chain would be deep.
std::vector<Routes::Step> steps_between(const Topology& topology, size_t source, const std::vector<bool>& leads_there) {
  struct Frame {
    Routes::Step step;
    size_t next = 0;
  };
  std::vector<Routes::Step> steps;
  std::vector<Frame> path;
  std::vector<bool> is_done(leads_there.size(), false);
  const auto enter = [&](size_t node) {
    is_done[node] = true;
    Routes::Step step{node, {}};
    for (const size_t edge : topology.edges_out_of(node)) {
      if (leads_there[topology.shape().edges[edge].to]) step.edges.push_back(edge);
    }
    path.push_back({std::move(step), 0});
  };
  enter(source);
  while (!path.empty()) {
    Frame& top = path.back();
    if (top.next < top.step.edges.size()) {
      const size_t to = topology.shape().edges[top.step.edges[top.next++]].to;
      if (!is_done[to]) enter(to);
      continue;
    }
    steps.push_back(std::move(top.step));
    path.pop_back();
  }
  std::reverse(steps.begin(), steps.end());
  return steps;
}

/// Of a source's first output, the nearest edge with a dead letter.
size_t find_refusal_path(const Topology& topology, size_t source) {
  const auto& edges = topology.shape().edges;
  std::vector<size_t> first;
  for (const size_t index : topology.edges_out_of(source)) {
    if (edges[index].from_port != 0) continue;
    if (edges[index].path != 0) return edges[index].path;
    first.push_back(edges[index].to);
  }
  for (const size_t index : topology.behind(first, Over::edges).edges) {
    if (edges[index].path != 0) return edges[index].path;
  }
  return 0;
}

std::vector<Routes::Relay> find_relays(const Topology& topology) {
  const Topology::Shape& shape = topology.shape();
  std::vector<Routes::Relay> relays;
  for (const Topology::Relay& one : shape.relays) relays.push_back({one.input, one.output, {}, {}});
  if (relays.empty()) return relays;
  Topology::Places beginnings;
  for (size_t source = 0; source < shape.nodes.size(); ++source) {
    if (!shape.nodes[source].is_source) continue;
    beginnings.emplace(source, 0);
    const std::vector<size_t> nodes = topology.behind({source}, Over::relays).nodes;
    for (Routes::Relay& relay : relays) {
      const bool leads_there = std::find(nodes.begin(), nodes.end(), relay.input) != nodes.end();
      if (leads_there && source != relay.output) relay.sources_before.push_back(source);
    }
  }
  const Topology::Places places = topology.places_behind(beginnings, Over::relays);
  for (size_t edge = 0; edge < shape.edges.size(); ++edge) {
    if (!shape.edges[edge].takes_over) continue;
    Topology::Places behind_edge;
    for (const auto& [node, path] : places) {
      if (node == shape.edges[edge].from) behind_edge.emplace(shape.edges[edge].to, topology.path_behind(edge, path));
    }
    const Topology::Places reached = topology.places_behind(behind_edge, Over::relays);
    for (Routes::Relay& relay : relays) {
      const auto at_input = reached.lower_bound({relay.input, 0});
      if (at_input != reached.end() && at_input->first == relay.input) relay.edges_before.push_back(edge);
    }
  }
  return relays;
}

}  // namespace

Routes::Routes(const Topology& topology)
    : behind_source_(topology.shape().nodes.size()),
      before_sink_(topology.shape().nodes.size()),
      relays_(find_relays(topology)),
      refusal_paths_(topology.shape().nodes.size()),
      declaring_edges_(topology.shape().dead_letters.size(), Topology::none) {
  const std::vector<Topology::Node>& nodes = topology.shape().nodes;
  std::vector<std::vector<bool>> leads_to(nodes.size());
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].is_source) {
      behind_source_[i] = topology.behind({i}, Over::dead_letters);
      refusal_paths_[i] = find_refusal_path(topology, i);
    }
    if (!nodes[i].is_sink) continue;
    before_sink_[i] = topology.before(i);
    leads_to[i].resize(nodes.size(), false);
    for (const size_t node : before_sink_[i].nodes) leads_to[i][node] = true;
  }
  for (size_t source = 0; source < nodes.size(); ++source) {
    if (!nodes[source].is_source) continue;
    for (size_t sink = 0; sink < nodes.size(); ++sink) {
      if (!nodes[sink].is_sink || !leads_to[sink][source]) continue;
      Way& way = ways_.emplace_back(Way{source, sink, steps_between(topology, source, leads_to[sink]), {}});
      for (const size_t edge : way.steps.front().edges) way.outputs.insert(topology.shape().edges[edge].from_port);
    }
  }
  for (size_t i = 0; i < topology.shape().edges.size(); ++i) {
    if (const size_t path = topology.shape().edges[i].path; path != 0) declaring_edges_[path - 1] = i;
  }
}

bool Routes::leads_to_sink(size_t node, size_t sink) const {
  const std::vector<size_t>& nodes = before_sink_[sink].nodes;
  return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
}

}  // namespace sluice::engine
