// SPDX-License-Identifier: Apache-2.0
// The steps from a spec to a plan, in the order in which plan_graph takes them. Each reports what it finds and goes
// on; none stops the next. Internal to engine/validate.
#pragma once
#include "graph/environment.hpp"
#include "validate/draft.hpp"
#include "validate/plan_graph.hpp"

namespace sluice::engine {

/// Nodes with their types and halves, edges, bounds as written, and where dead letters lead.
Draft make_draft(const GraphSpec& spec, const Registry* registry, Diagnostics& diagnostics);
/// Whether the edges lead back through a relay. That alone is allowed: records may leave on the way round.
void find_relay_cycle(Draft& draft);
/// What is wrong at a node of such a cycle is wrong because of it: reports the cycle, and whether it is the reason.
bool is_cycle_to_blame(const Draft& draft, size_t node, Diagnostics& diagnostics);
/// Which nodes belong to which process, and whether the cuts are good; marks what runs.
void assign_processes(Draft& draft, const std::string& process, Diagnostics& diagnostics);
/// Reads options and asks every node what it is.
void describe_nodes(Draft& draft, const Environment& environment, Diagnostics& diagnostics);
/// The relays between processes must keep what they took.
void check_cuts(const Draft& draft, Diagnostics& diagnostics);
/// The port of this name. Without one: the only port, or the one of the usual name.
std::optional<uint32_t> find_port(const std::vector<std::string>& names, const std::string& wanted,
                                  const std::string& usual);
/// Edges find their ports.
void connect_ports(Draft& draft, Diagnostics& diagnostics);
/// Ports and nodes without an edge.
void check_wiring(const Draft& draft, Diagnostics& diagnostics);
/// Order and cycles, heads of stages.
void find_order(Draft& draft, Diagnostics& diagnostics);
void find_stages(Draft& draft, Diagnostics& diagnostics);
/// Values that an attribute can have against those that nodes take.
void check_values(const Draft& draft, Diagnostics& diagnostics);
/// Attributes that some records do not have, where a node or an edge needs them.
void check_absent(const Draft& draft, Diagnostics& diagnostics);
/// What only one node may do, and is done by two.
void check_exclusive(const Draft& draft, Diagnostics& diagnostics);
/// Addresses that two processes cannot serve on at once.
void check_addresses(const GraphSpec& spec, const Environment& environment, Diagnostics& diagnostics);
/// Warns of bounds beyond what there is. `limit`: 0 when nobody knows.
void check_memory(const Plan& plan, const std::vector<MemoryItem>& items, uint64_t limit, Diagnostics& diagnostics);
void check_dead_letters(const Draft& draft, Diagnostics& diagnostics);
/// What sources reject themselves, which needs a dead letter. Once ports are known.
void check_refusals(const Draft& draft, Diagnostics& diagnostics);
/// Returns the attributes that somebody reads, in the order in which they are provided first.
std::vector<PlanAttribute> resolve_attributes(const Draft& draft, Diagnostics& diagnostics);
/// Settings of edges that contradict each other or the nodes around them.
void check_edges(const Draft& draft, Diagnostics& diagnostics);
void set_in_flight(Draft& draft, Diagnostics& diagnostics);
/// Whether nodes hold records for longer, by their own settings, than the graph's latency allows.
void check_latency(const Draft& draft, Diagnostics& diagnostics);
/// Whether nodes may hold a part of the flow back for as long as they like.
void check_holds(const Draft& draft, Diagnostics& diagnostics);
void note_siblings(const Draft& draft, std::vector<Diagnostic>& notes);
std::vector<PlanSegment> prove_segments(const Draft& draft, Diagnostics& diagnostics);

/// Nodes, edges, dead letters, stages and routes of what runs; attributes stand in the plan already. Only without
/// errors.
void fill_plan(const Draft& draft, Plan& plan);
/// Items of the memory bound, with their places; the sum goes into the plan.
std::vector<MemoryItem> bound_memory(Plan& plan);

}  // namespace sluice::engine
