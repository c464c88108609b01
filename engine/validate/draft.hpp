// SPDX-License-Identifier: Apache-2.0
// The graph while it is being judged: every node of the file (a relay as its two halves), resolved step by step against
// the node types. Whole, whatever process is chosen; what does not run is left out only when the plan is made of it.
// Steps read what earlier steps filled in and tolerate what is not known: a missing plugin must not make a graph look
// wrong elsewhere. Internal to engine/validate.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "graph/diagnostic.hpp"
#include "graph/plan.hpp"
#include "graph/spec.hpp"
#include "graph/topology.hpp"
#include "loader/describe.hpp"
#include "loader/registry.hpp"
#include "options/typed_config.hpp"

namespace sluice::engine {

constexpr size_t none = Topology::none;

struct DraftNode {
  const NodeSpec* spec = nullptr;
  const NodeType* type = nullptr;  ///< null: no plugin provides it; kind is then a guess from the edges
  uint32_t kind = 0;               ///< SLUICE_SOURCE, ...
  uint32_t role = SLUICE_ROLE_NODE;
  std::shared_ptr<const TypedConfig> options;  ///< null: not readable
  std::optional<Described> described;          ///< nothing: unknown type or options not readable
  std::vector<size_t> in;                      ///< edges
  std::vector<size_t> out;                     ///< edges
  std::vector<size_t> dead_letters;            ///< edges whose dead letter leads here
  std::set<size_t> processes;
  bool runs = true;
  bool has_problems = false;  ///< its type refuses its options, so what it says of itself may not hold
  size_t head = none;         ///< the node that leads its stage
  Bound in_flight;

  const std::string& name() const { return spec->name.value; }
  std::string subject() const { return spec->subject(); }
  /// Of what its plugin says: of the option that it names, else of the node.
  Place place_or_name(Place option) const { return option.line > 0 ? option : spec->name.place; }
  bool is_relay() const { return kind == SLUICE_RELAY; }
  bool is_source() const { return kind == SLUICE_SOURCE || role == SLUICE_ROLE_RELAY_OUTPUT; }
  bool is_sink() const { return kind == SLUICE_SINK || role == SLUICE_ROLE_RELAY_INPUT; }
  int64_t fact(uint32_t which) const { return described ? described->fact(which) : 0; }
};

struct DraftEdge {
  const EdgeSpec* spec = nullptr;
  size_t from = none;
  size_t to = none;
  std::optional<uint32_t> from_port;  ///< nothing: not known
  std::optional<uint32_t> to_port;
  std::string name;  ///< with the ports that were written
  bool is_buffered = false;
  Bound bound;
  WhenFull when_full = WhenFull::block;
  Commit commit = Commit::on_delivery;
  size_t dead_letter_to = none;  ///< node
  bool runs = true;
};

struct Draft {
  const GraphSpec* spec = nullptr;
  std::vector<DraftNode> nodes;
  std::vector<DraftEdge> edges;
  Topology topology;            ///< of these nodes and edges, and of all relays
  std::vector<size_t> order;    ///< nodes, each before the ones it feeds; empty when the edges form a cycle
  bool edges_are_whole = true;  ///< false: some edge could not be read, so what is missing may not be missing
  bool types_are_whole = true;  ///< false: some node type is not known
  /// Nodes that lead back to themselves through a relay, in their order; mostly none.
  std::vector<size_t> relay_cycle;
  size_t closing_edge = none;  ///< of that cycle

  void add_node(DraftNode node);
  /// The node, or the half of a relay that gives; none when there is no such node.
  size_t giving(const std::string& name) const;
  /// The node, or the half of a relay that takes.
  size_t taking(const std::string& name) const;

 private:
  std::map<std::string, size_t, std::less<>> giving_;
  std::map<std::string, size_t, std::less<>> taking_;
};

/// "a", "a and b", "a, b and c", each in quotes.
std::string quoted_list(const std::vector<std::string>& names, size_t most = 6);

}  // namespace sluice::engine
