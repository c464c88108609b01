// SPDX-License-Identifier: Apache-2.0
// The plan: what one process will run, checked, resolved to indices and immutable. It is all that the runtime knows;
// the runtime never sees YAML. `validate` stops here, so it cannot check less than a run does. Built by the planner
// from a spec and the loaded node types; tests build small ones by hand.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "graph/place.hpp"
#include "graph/secrecy.hpp"
#include "graph/series.hpp"
#include "graph/spec.hpp"
#include "sluice/describe.hpp"

namespace sluice::engine {

class Routes;

struct Bound {
  uint64_t records = 0;
  uint64_t bytes = 0;
};

struct PlanAttribute {
  std::string name;
  uint32_t kind = 0;  ///< SLUICE_VALUE_*
};

struct PlanPort {
  std::string name;
  bool optional = false;
};

/// What describe() said; times in nanoseconds.
struct PlanFacts {
  Replay replay = Replay::none;
  bool durable = false;
  uint64_t max_in_flight = 1;
  uint64_t memory_bytes = 0;
  uint64_t holds_records = 0;
  int64_t holds_ns = 0;
  bool absorbs = false;
  bool claims = false;  // it is written to only while it holds its lock
};

/// A node as it runs. A relay that is used on both sides is two of these with the same name.
struct PlanNode {
  std::string name;
  std::string type_name;
  Place place;
  const sluice_node_type* type = nullptr;  ///< full-size, lives as long as the process
  uint32_t role = SLUICE_ROLE_NODE;
  std::shared_ptr<const void> options_owner;
  const sluice_config* options = nullptr;  ///< kept alive by options_owner
  std::vector<std::string> inputs;
  std::vector<PlanPort> outputs;
  PlanFacts facts;
  Bound in_flight;  ///< sources: what may be unsettled at once
  /// The records of in_flight bound what is not committed, where the source commits: somebody wrote them.
  bool in_flight_until_committed = false;
  size_t stage = 0;
  std::vector<Series> series{};  ///< sources: of what leaves by the first output

  /// Where both halves of a relay may be seen: trade_log.in, trade_log.out.
  std::string shown_name() const {
    if (role == SLUICE_ROLE_NODE) return name;
    return name + (role == SLUICE_ROLE_RELAY_INPUT ? ".in" : ".out");
  }
  bool is_source() const {
    return type->kind == SLUICE_SOURCE || (type->kind == SLUICE_RELAY && role == SLUICE_ROLE_RELAY_OUTPUT);
  }
  bool is_sink() const {
    return type->kind == SLUICE_SINK || (type->kind == SLUICE_RELAY && role == SLUICE_ROLE_RELAY_INPUT);
  }
};

struct PlanEdge {
  std::string name;  ///< "route.trades -> trade_log"
  Place place;
  size_t from = 0;  ///< index into nodes
  uint32_t from_port = 0;
  size_t to = 0;
  uint32_t to_port = 0;
  bool buffered = false;  ///< false: a direct call, the rest up to commit does not apply
  Bound bound;
  WhenFull when_full = WhenFull::block;
  int32_t conflate_slot = -1;  ///< attribute slot of the key
  Commit commit = Commit::on_delivery;
  uint16_t dead_letter = 0;  ///< path of this edge's own dead letter; 0: that of the edges before it
};

/// An implied, buffered edge from whoever fails to a node that stores rejects. Path p is dead_letters[p - 1].
struct PlanDeadLetter {
  std::string name;  ///< "dead letter of trade_batch -> trades"
  Place place;
  size_t to = 0;
  uint32_t to_port = 0;
  Bound bound{1000, uint64_t{16} << 20};
  StopAfter stop_after;
};

/// What one thread runs: a head and all that it reaches without a buffer.
struct PlanStage {
  size_t head = 0;
  std::vector<size_t> nodes;  ///< every node before the ones it calls; the head first
};

/// From a source or relay to the next relay or sink, and what is proved of it.
struct PlanSegment {
  std::string from;
  std::string to;
  Guarantee guarantee = Guarantee::best_effort;
  std::vector<std::string> reasons;  ///< why, and where loss or repeats remain possible
};

struct Plan {
  std::string graph;
  std::string process;            ///< empty: the graph runs as one
  std::string http;               ///< empty: none
  int64_t latency_budget_ns = 0;  ///< how long a record may take to settle; 0: not declared
  std::vector<PlanAttribute> attributes;
  std::vector<PlanNode> nodes;
  std::vector<PlanEdge> edges;
  std::vector<PlanDeadLetter> dead_letters;
  std::vector<PlanStage> stages;
  std::vector<PlanSegment> segments;
  uint64_t memory_bytes = 0;             ///< sum of the bounds above
  Secrecy secrecy;                       ///< what no sentence of a plugin may show
  std::shared_ptr<const Routes> routes;  ///< where records can go; made by find_routes, never null in a plan that runs
};

/// Once nodes, edges and dead letters are complete.
void find_routes(Plan& plan);

/// Attributes that the engine itself sets on the way to a dead letter, in graphs that have one.
constexpr const char* reject_reason_attribute = "reject_reason";
constexpr const char* reject_code_attribute = "reject_code";
constexpr const char* reject_node_attribute = "reject_node";

}  // namespace sluice::engine
