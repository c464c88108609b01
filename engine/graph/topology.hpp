// SPDX-License-Identifier: Apache-2.0
// Where records can go: the shape of a graph, and the walks over it. No other file walks a graph. Nodes, edges and dead
// letters are numbers here; a caller knows their names. Pure, and edges may form a cycle.
//
// A record carries a path: the number of the dead letter of the last edge with one that the record came over, or 0.
// Whoever refuses the record sends it there, and it is then a record of path 0 again. Where a record can go therefore
// depends on a place: a node and a path.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <utility>
#include <vector>

namespace sluice::engine {

class Topology {
 public:
  static constexpr size_t none = SIZE_MAX;

  struct Node {
    bool is_source = false;
    bool is_sink = false;
  };
  struct Edge {
    size_t from = 0;
    size_t to = 0;
    size_t path = 0;  ///< of its own dead letter; 0: that of the edges before it
    uint32_t from_port = 0;
    bool takes_over = false;  ///< it answers the source, so its records are no longer the source's
  };
  /// What the input took comes out of the output.
  struct Relay {
    size_t input = none;
    size_t output = none;
  };
  struct Shape {
    std::vector<Node> nodes;
    std::vector<Edge> edges;
    std::vector<size_t> dead_letters;  ///< the node of path p is dead_letters[p - 1]; none: not known
    std::vector<Relay> relays;         ///< only those that a walk may go through
  };

  /// What a walk follows; each includes those before it.
  enum class Over : uint8_t { edges, dead_letters, relays };
  struct Part {
    std::vector<size_t> nodes;  ///< the nearest first
    std::vector<size_t> edges;
    std::vector<size_t> paths;  ///< of dead letters
  };
  /// The edges between a source and a sink.
  struct Between {
    std::set<size_t> direct;    ///< that records pass which come to the sink over edges
    std::set<size_t> rejected;  ///< that records pass which come to the sink as dead letters
  };
  using Place = std::pair<size_t, size_t>;  ///< node, path
  using Places = std::set<Place>;

  Topology() : Topology(Shape{}) {}
  explicit Topology(Shape shape);

  const Shape& shape() const { return shape_; }
  /// By node, its edges in their order.
  const std::vector<size_t>& edges_out_of(size_t node) const { return out_[node]; }

  /// What records that leave these nodes can come to. The nodes themselves are part of it.
  Part behind(const std::vector<size_t>& nodes, Over over) const;
  /// What leads to this node over edges. The node itself is part of it.
  Part before(size_t node) const;
  /// The places that records can come to from these. The places themselves are part of it.
  Places places_behind(const Places& from, Over over) const;
  /// The path that a record has behind an edge.
  size_t path_behind(size_t edge, size_t path) const {
    return shape_.edges[edge].path != 0 ? shape_.edges[edge].path : path;
  }

  Between between(size_t source, size_t sink) const;
  /// The edges that records leave a node by, and the edges behind each one that `goes_on` is true of.
  std::vector<size_t> edges_behind(size_t node, const std::function<bool(size_t edge)>& goes_on) const;
  /// The nodes of the heaviest way from any source, the source first; empty without a source. A way ends at a sink or
  /// before it. `order` has every node before those that it feeds.
  std::vector<size_t> heaviest_way(const std::vector<int64_t>& weights, const std::vector<size_t>& order) const;

 private:
  Shape shape_;
  std::vector<std::vector<size_t>> out_;  ///< edges by node
  std::vector<std::vector<size_t>> in_;   ///< edges by node
  std::vector<size_t> output_of_;         ///< by node: the output half when it is a relay's input
};

}  // namespace sluice::engine
