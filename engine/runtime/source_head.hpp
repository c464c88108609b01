// SPDX-License-Identifier: Apache-2.0
// What only the stage of a source has: the credit that the source polls with, the commits that are due, the partitions
// that leave, the marker that ends a starvation, and the source's end. The stage serves it once a turn, and then lets
// it poll. Everything here is of the stage's thread unless said otherwise. It never touches a queue itself: batches and
// markers go through the stage.
#pragma once
#include <atomic>
#include <cstdint>
#include <vector>

#include "runtime/edge_runtime.hpp"
#include "runtime/node_runtime.hpp"
#include "runtime/turn.hpp"

namespace sluice::engine {

class GraphRuntime;
class Stage;

class SourceHead {
 public:
  SourceHead(GraphRuntime& graph, Stage& stage, NodeRuntime& source) : graph_(graph), stage_(stage), source_(source) {}

  /// Once all edges are there; before the stage starts.
  void connect();

  /// Any thread: the source is stopped in the next turn. It is done when its last marker has set out.
  void request_stop() { is_stop_requested_.store(true, std::memory_order_seq_cst); }
  /// Any thread: the outside refused a commit at this moment; the next one waits a little.
  void delay_commits(int64_t now_ns);

  void stop_if_requested();
  /// Commits, partitions that leave, and starvation.
  void serve(int64_t now_ns);
  /// Lets the source emit what there is room for. Nothing else is due before `until_ns`; 0: something is due now.
  AfterTurn poll(int64_t until_ns, Waiting waiting);
  /// When serve() is due although nothing wakes the stage; INT64_MAX: never.
  int64_t deadline_ns() const { return revoke_deadline_ns_; }

 private:
  bool emits_no_more() const { return is_stopped_ || has_ended_; }
  sluice_credit credit();
  void serve_commits(int64_t now_ns);
  void serve_revokes(int64_t now_ns);
  void serve_starved(int64_t now_ns);
  bool all_behind_is_idle() const;

  GraphRuntime& graph_;
  Stage& stage_;
  NodeRuntime& source_;
  std::vector<const NodeRuntime*> nodes_behind_;  ///< that records of the source may reach, itself too
  std::vector<EdgeRuntime*> edges_behind_;        ///< likewise, dead letters too

  std::atomic<bool> is_stop_requested_{false};
  bool is_stopped_ = false;
  bool has_ended_ = false;                  ///< by itself
  int64_t revoke_deadline_ns_ = INT64_MAX;  ///< INT64_MAX: no partition leaves
  uint64_t flushed_revocations_ = 0;
  int64_t starved_since_ns_ = 0;  ///< it is at its bound and nothing of it settles; 0: that is not so
  std::atomic<int64_t> commit_not_before_ns_{INT64_MIN};
};

}  // namespace sluice::engine
