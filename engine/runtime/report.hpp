// SPDX-License-Identifier: Apache-2.0
// Plain numbers of a run at one moment: what live lines, metrics and the receipt are made of. In records unless said
// otherwise. Exact once the graph has ended; while it runs each number is right but they are of slightly different
// moments.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "graph/plan.hpp"
#include "records/account.hpp"
#include "runtime/latency.hpp"

namespace sluice::engine {

struct AccountReport {
  uint64_t received = 0;
  uint64_t made = 0;
  std::array<uint64_t, records::verdict_count> settled{};  ///< by records::Verdict
  uint64_t unsettled = 0;
  uint64_t relinquished = 0;  ///< ended without a verdict: the source gives them out again
  uint64_t unsettled_bytes = 0;
  std::optional<uint64_t> uncommitted;  ///< of sources that commit: settled, and not yet stored as committed
  int64_t p50_ns = 0;                   ///< from emission to the last verdict
  int64_t p99_ns = 0;
  int64_t oldest_unsettled_ns = 0;
  LatencyReport latency;     ///< as p50_ns
  uint64_t over_budget = 0;  ///< records that took longer; only with a budget

  /// When the run is over: what the receipt calls unsettled.
  uint64_t without_verdict() const { return unsettled + relinquished; }
  uint64_t count(records::Verdict verdict) const { return settled[static_cast<size_t>(verdict)]; }
};

struct PartitionReport {
  std::string name;
  int64_t settled = 0;
  int64_t committed = 0;
};

/// What stands behind a metric of a plugin besides its name and value.
struct MetricFacts {
  uint32_t kind = SLUICE_COUNTER;
  std::string help;
};

struct NodeReport {
  std::string name;
  std::string type;
  std::string half;  ///< of a relay: ".in" or ".out"
  bool is_source = false;
  bool is_sink = false;
  Replay replay = Replay::none;  ///< sources
  size_t stage = 0;
  int64_t holds_ns = 0;                    ///< how long it may keep records back, by its own description
  bool has_room = true;                    ///< false of a sink that may take no more for now
  Bound in_flight;                         ///< sources: what may be unsettled at once
  bool in_flight_until_committed = false;  ///< its records bound what is uncommitted, too
  uint64_t in = 0;
  uint64_t in_batches = 0;
  uint64_t made = 0;
  uint64_t out = 0;
  uint64_t out_batches = 0;
  uint64_t out_bytes = 0;  ///< sources: payload bytes that were emitted
  uint64_t folded = 0;
  std::array<uint64_t, records::verdict_count> settled{};
  uint64_t held = 0;
  uint64_t relinquished = 0;  ///< held no more, and without a verdict
  bool holds = false;         ///< a transform that may keep records back
  LatencyReport held_time;    ///< of nodes that hold: from a batch's first record to its going out, by record
  std::vector<std::pair<std::string, uint64_t>> discards;  ///< by reason
  uint32_t status = 0;                                     ///< SLUICE_STATUS_*
  std::string status_sentence;
  std::vector<std::pair<std::string, int64_t>> metrics;
  std::vector<MetricFacts> metric_facts;              ///< of metrics, in their order
  std::vector<std::pair<std::string, uint64_t>> lag;  ///< sources: records that wait at the server, by partition
  AccountReport account;                              ///< sources
  std::vector<PartitionReport> partitions;
};

struct EdgeReport {
  std::string name;
  size_t from_node = 0;  ///< index into nodes; of dead letters as `from`
  size_t to_node = 0;
  std::string from;  ///< a node; of a dead letter the one behind the edge that declares it, others may feed it too
  std::string to;
  size_t stage = 0;  ///< of `from`; none of dead letters
  WhenFull when_full = WhenFull::block;
  bool is_buffered = false;
  bool is_dead_letter = false;
  bool takes_over = false;  ///< on_accept: account below
  uint64_t in = 0;
  uint64_t in_batches = 0;
  uint64_t out = 0;
  uint64_t discarded = 0;
  uint64_t rejected = 0;  ///< larger than the whole edge
  uint64_t waiting = 0;
  uint64_t parked = 0;    ///< found no room yet; held by the stage before the edge
  uint64_t in_bytes = 0;  ///< of buffered edges, as their bound counts them: what batches pin
  uint64_t waiting_bytes = 0;
  bool has_room = true;  ///< false when a push would have to wait
  uint64_t bound_records = 0;
  uint64_t bound_bytes = 0;
  LatencyReport waiting_time;   ///< of buffered edges: from hand-over to pop, by record
  LatencyReport settling_time;  ///< of edges into sinks: from the sink's taking it to its verdict, by record
  AccountReport account;
};

/// A relay in memory, with both halves here.
struct RelayReport {
  std::string name;
  uint64_t accepted = 0;  ///< records that its input half took
  uint64_t read = 0;      ///< records that its output half gave back
  uint64_t left() const { return accepted > read ? accepted - read : 0; }
};

/// One thread of the graph; it turns at least once a second, whatever it waits for.
struct StageReport {
  std::string name;  ///< of its head
  uint64_t turns = 0;
};

/// This process waits until another one no longer has its lock.
struct StandbyReport {
  std::string node;  ///< whose lock it is
  std::string sentence;
  int64_t since_ns = 0;  ///< of the monotonic clock
};

struct Report {
  std::string graph;
  std::string process;
  int64_t latency_budget_ns = 0;  ///< 0: none was declared
  std::vector<NodeReport> nodes;
  std::vector<EdgeReport> edges;
  std::vector<StageReport> stages;
  std::vector<RelayReport> relays;
  std::optional<StandbyReport> standby;
  std::shared_ptr<const Routes> routes;  ///< of the plan: numbers of nodes and edges are those of this report
};

}  // namespace sluice::engine
