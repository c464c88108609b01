// SPDX-License-Identifier: Apache-2.0
#include "graph/topology.hpp"

#include <algorithm>

namespace sluice::engine {

Topology::Topology(Shape shape)
    : shape_(std::move(shape)),
      out_(shape_.nodes.size()),
      in_(shape_.nodes.size()),
      output_of_(shape_.nodes.size(), none) {
  for (size_t i = 0; i < shape_.edges.size(); ++i) {
    out_[shape_.edges[i].from].push_back(i);
    in_[shape_.edges[i].to].push_back(i);
  }
  for (const Relay& relay : shape_.relays) output_of_[relay.input] = relay.output;
}

Topology::Part Topology::behind(const std::vector<size_t>& nodes, Over over) const {
  Part part;
  std::vector<bool> has_node(shape_.nodes.size(), false);
  std::vector<bool> has_path(shape_.dead_letters.size() + 1, false);
  const auto visit = [&](size_t node) {
    if (node == none || has_node[node]) return;
    has_node[node] = true;
    part.nodes.push_back(node);
  };
  for (const size_t node : nodes) visit(node);
  for (size_t at = 0; at < part.nodes.size(); ++at) {
    const size_t node = part.nodes[at];
    for (const size_t index : out_[node]) {
      const Edge& edge = shape_.edges[index];
      part.edges.push_back(index);
      visit(edge.to);
      if (over == Over::edges || edge.path == 0) continue;
      if (!has_path[edge.path]) part.paths.push_back(edge.path);
      has_path[edge.path] = true;
      visit(shape_.dead_letters[edge.path - 1]);
    }
    if (over == Over::relays) visit(output_of_[node]);
  }
  return part;
}

Topology::Part Topology::before(size_t node) const {
  Part part;
  std::vector<bool> has_node(shape_.nodes.size(), false);
  has_node[node] = true;
  part.nodes.push_back(node);
  for (size_t at = 0; at < part.nodes.size(); ++at) {
    for (const size_t index : in_[part.nodes[at]]) {
      part.edges.push_back(index);
      const size_t from = shape_.edges[index].from;
      if (has_node[from]) continue;
      has_node[from] = true;
      part.nodes.push_back(from);
    }
  }
  return part;
}

Topology::Places Topology::places_behind(const Places& from, Over over) const {
  Places found = from;
  std::vector<Place> todo(from.begin(), from.end());
  const auto visit = [&](size_t node, size_t path) {
    if (node != none && found.emplace(node, path).second) todo.emplace_back(node, path);
  };
  while (!todo.empty()) {
    const auto [node, path] = todo.back();
    todo.pop_back();
    for (const size_t edge : out_[node]) visit(shape_.edges[edge].to, path_behind(edge, path));
    if (over != Over::edges && path != 0) visit(shape_.dead_letters[path - 1], 0);
    if (over == Over::relays) visit(output_of_[node], 0);
  }
  return found;
}

Topology::Between Topology::between(size_t source, size_t sink) const {
  Between found;
  const Part behind_source = behind({source}, Over::edges);
  std::vector<bool> is_behind(shape_.edges.size(), false);
  for (const size_t edge : behind_source.edges) is_behind[edge] = true;
  const auto add_before = [&](size_t node, std::set<size_t>& edges) {
    for (const size_t edge : before(node).edges) {
      if (is_behind[edge]) edges.insert(edge);
    }
  };
  add_before(sink, found.direct);
  if (std::find(shape_.dead_letters.begin(), shape_.dead_letters.end(), sink) == shape_.dead_letters.end()) {
    return found;
  }
  for (const auto& [node, path] : places_behind({{source, 0}}, Over::edges)) {
    for (const size_t edge : out_[node]) {
      const size_t behind_edge = path_behind(edge, path);
      if (behind_edge == 0 || shape_.dead_letters[behind_edge - 1] != sink) continue;
      if (found.rejected.insert(edge).second && shape_.edges[edge].path != 0) add_before(node, found.rejected);
    }
  }
  return found;
}

std::vector<size_t> Topology::edges_behind(size_t node, const std::function<bool(size_t edge)>& goes_on) const {
  std::vector<size_t> found;
  std::vector<bool> has_edge(shape_.edges.size(), false);
  std::vector<size_t> todo = out_[node];
  while (!todo.empty()) {
    const size_t edge = todo.back();
    todo.pop_back();
    if (has_edge[edge]) continue;
    has_edge[edge] = true;
    found.push_back(edge);
    const std::vector<size_t>& next = out_[shape_.edges[edge].to];
    if (goes_on(edge)) todo.insert(todo.end(), next.begin(), next.end());
  }
  return found;
}

std::vector<size_t> Topology::heaviest_way(const std::vector<int64_t>& weights,
                                           const std::vector<size_t>& order) const {
  struct Heaviest {
    int64_t weight = 0;
    bool is_reached = false;
    size_t before = none;
  };
  std::vector<Heaviest> heaviest(shape_.nodes.size());
  size_t last = none;
  for (const size_t node : order) {
    Heaviest& here = heaviest[node];
    if (shape_.nodes[node].is_source) here = {0, true, none};
    if (!here.is_reached) continue;
    here.weight += weights[node];
    if (last == none || here.weight > heaviest[last].weight) last = node;
    for (const size_t edge : out_[node]) {
      const size_t to = shape_.edges[edge].to;
      if (shape_.nodes[to].is_source) continue;
      if (!heaviest[to].is_reached || heaviest[to].weight < here.weight) heaviest[to] = {here.weight, true, node};
    }
  }
  std::vector<size_t> way;
  for (size_t at = last; at != none; at = heaviest[at].before) way.push_back(at);
  std::reverse(way.begin(), way.end());
  return way;
}

}  // namespace sluice::engine
