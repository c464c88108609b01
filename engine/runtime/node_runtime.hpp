// SPDX-License-Identifier: Apache-2.0
// One running node as the host sees it: its counters, and where its outputs lead. Counters that only the stage thread
// writes are plain loads and stores; those that settling threads share are atomic additions, once a batch. Lives as
// long as its graph; what plugins hold of it, its context, lives as long as the process.
#pragma once
#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "graph/plan.hpp"
#include "records/account.hpp"
#include "records/token.hpp"
#include "runtime/accounts.hpp"
#include "runtime/context.hpp"
#include "runtime/line_limiter.hpp"
#include "runtime/own_counter.hpp"
#include "runtime/refusal_log.hpp"
#include "runtime/reject_window.hpp"
#include "runtime/status_log.hpp"

namespace sluice::engine {

class Stage;
class GraphRuntime;
struct EdgeRuntime;

/// in + made = out + settled + folded + relinquished + held, in records.
struct NodeCounters {
  OwnCounter in_records;
  OwnCounter in_batches;
  OwnCounter out_records;
  OwnCounter out_batches;
  OwnCounter out_bytes;  ///< payload bytes that a source emitted
  std::atomic<uint64_t> made{0};
  std::atomic<uint64_t> folded{0};
  std::atomic<uint64_t> relinquished{0};
  std::array<std::atomic<uint64_t>, records::verdict_count> settled{};
};

class NodeRuntime {
 public:
  NodeRuntime(GraphRuntime& graph, const Clock& clock, const PlanNode& node, size_t node_index,
              uint32_t attribute_count)
      : runtime(graph),
        context(sluice_context::make(*this, clock, attribute_count, node.is_sink())),
        plan(node),
        index(node_index),
        is_sink(node.is_sink()),
        holds(!is_sink && !node.is_source() && (node.facts.holds_records > 0 || node.facts.holds_ns > 0)),
        process(node.type->process) {}

  GraphRuntime& runtime;
  sluice_context& context;
  const PlanNode& plan;
  const size_t index;
  const bool is_sink;
  const bool holds;  ///< a transform that may keep records back, by its own description
  decltype(sluice_node_type::process) const process;  ///< of plan.type, at hand for every batch
  Stage* stage = nullptr;
  void* handle = nullptr;

  std::vector<std::vector<EdgeRuntime*>> edges_of_port;
  std::unique_ptr<SourceAccount> account;  ///< sources only
  NodeCounters counters;
  records::Bonds bonds;  ///< of nodes that absorb
  Latency held;          ///< of nodes that hold: from the first record of a batch to the batch's going out, by record

  uint16_t refusal_path = 0;  ///< of a source: the dead letter of the path behind it; 0: none
  size_t ending_number = 0;   ///< of a source: its number in the run's Ending
  bool reads_memory = false;  ///< a source that is the output half of a relay in memory

  int64_t timer_deadline_ns = 0;  ///< stage thread; 0: none

  std::atomic<int64_t> in_flight{0};  ///< batches that a sink owns; 0 of other nodes
  std::atomic<bool> is_on_hold{false};
  std::atomic<bool> is_starved{false};  ///< a source at its in_flight bound: the next relief wakes its stage
  RejectWindow rejects;
  RefusalLog refusals;
  LineLimiter lines;
  std::atomic<bool> is_closed{false};  ///< its `close` has returned
  bool is_left_behind = false;         ///< its plugin did not return in time; of the thread that drives

  /// Nodes of the lowest close first and open last: sources, transforms, sinks.
  int closing_rank() const { return plan.is_source() ? 0 : is_sink ? 2 : 1; }

  /// How many records it has emitted or given a verdict on.
  uint64_t verdicts() const;

  bool is_full() const {
    return in_flight.load(std::memory_order_seq_cst) >= static_cast<int64_t>(plan.facts.max_in_flight);
  }
  bool has_room() const { return !is_on_hold.load(std::memory_order_seq_cst) && !is_full(); }

  struct Status {
    uint32_t status = SLUICE_STATUS_READY;
    std::string sentence;
  };
  /// The line to log, if the change is one.
  std::optional<StatusLog::Line> set_status(uint32_t status, std::string sentence, int64_t now_ns);
  /// What was left out of the log, when it may come now or the run is over.
  std::optional<StatusLog::Line> status_to_log(int64_t now_ns, bool is_over);
  Status status() const;
  /// False of a sentence that is logged as its status: a node need not say it twice.
  bool may_log(std::string_view sentence, int64_t now_ns);
  void set_lag(std::string partition, uint64_t records);
  std::vector<std::pair<std::string, uint64_t>> lag() const;
  /// Discards by reason, for receipts and metrics; few reasons, counted once a batch.
  void count_discard(std::string_view reason, uint64_t records);
  std::vector<std::pair<std::string, uint64_t>> discards() const;

 private:
  std::optional<StatusLog::Line> note_status_line(std::optional<StatusLog::Line> line, int64_t now_ns);

  mutable std::mutex mutex_;
  Status status_;                                           ///< guarded by mutex_
  StatusLog status_log_;                                    ///< guarded by mutex_
  std::string logged_;                                      ///< guarded by mutex_; its last sentence
  int64_t logged_ns_ = 0;                                   ///< guarded by mutex_
  std::string logged_status_;                               ///< guarded by mutex_; the last that was a line
  int64_t logged_status_ns_ = 0;                            ///< guarded by mutex_
  std::vector<std::pair<std::string, uint64_t>> lag_;       ///< guarded by mutex_; by partition
  std::vector<std::pair<std::string, uint64_t>> discards_;  ///< guarded by mutex_
  uint64_t other_discards_ = 0;                             ///< guarded by mutex_; beyond the most reasons
  static constexpr size_t most_reasons = 100;
};

/// Where the graph is known to be there: in calls of the stage and of open.
inline NodeRuntime& node_of(sluice_context* context) { return context->node; }

}  // namespace sluice::engine
