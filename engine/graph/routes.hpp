// SPDX-License-Identifier: Apache-2.0
// What a plan keeps of its topology: every answer that a run and its reports read. Found once, by validation.
#pragma once
#include <cstddef>
#include <set>
#include <vector>

#include "graph/topology.hpp"

namespace sluice::engine {

class Routes {
 public:
  using Part = Topology::Part;
  /// A node on a way, and the edges by which the way leaves it.
  struct Step {
    size_t node = 0;
    std::vector<size_t> edges;
  };
  /// All that lies between a source and a sink, dead letters apart: it may fork and join. Each node comes before those
  /// that it feeds.
  struct Way {
    size_t source = 0;
    size_t sink = 0;
    std::vector<Step> steps;
    std::set<size_t> outputs;  ///< of the source, by which it begins
  };
  /// A relay that keeps what it took inside the process. Others' records come into it over edges, as dead letters and
  /// through other relays.
  struct Relay {
    size_t input = 0;
    size_t output = 0;
    std::vector<size_t> sources_before;  ///< nodes; its own output is none of them
    std::vector<size_t> edges_before;    ///< that take records over
  };

  explicit Routes(const Topology& topology);

  /// What records of a source can come to inside the segment, as dead letters too.
  const Part& behind_source(size_t node) const { return behind_source_[node]; }
  /// What leads to a sink over edges.
  const Part& before_sink(size_t node) const { return before_sink_[node]; }
  bool leads_to_sink(size_t node, size_t sink) const;
  const std::vector<Way>& ways() const { return ways_; }
  const std::vector<Relay>& relays() const { return relays_; }
  /// The path of what a source itself refuses: of the first dead letter behind its first output; 0: there is none.
  size_t refusal_path(size_t source) const { return refusal_paths_[source]; }
  /// The edge that declares the dead letter of a path; Topology::none when no edge does.
  size_t declaring_edge(size_t path) const { return declaring_edges_[path - 1]; }

 private:
  std::vector<Part> behind_source_;      ///< by node; empty for others
  std::vector<Part> before_sink_;        ///< by node; empty for others
  std::vector<Way> ways_;                ///< by source, then by sink
  std::vector<Relay> relays_;            ///< in the order of the topology
  std::vector<size_t> refusal_paths_;    ///< by node
  std::vector<size_t> declaring_edges_;  ///< by path - 1
};

}  // namespace sluice::engine
