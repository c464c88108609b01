// SPDX-License-Identifier: Apache-2.0
// One thread of the graph: a head (a source, or a node whose inputs are all buffered) and all that it reaches without a
// buffer. The stage owns its loop: it serves timers, commits, rejects and parked batches first, and calls a node only
// while every output has room; with none, its source is polled at credit 0. Nothing that a plugin returns or emits is
// ever refused: what finds no room is parked here, counted, and pauses the stage.
#pragma once
#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "runtime/edge_runtime.hpp"
#include "runtime/ending.hpp"
#include "runtime/node_runtime.hpp"
#include "runtime/source_head.hpp"
#include "runtime/stage_clock.hpp"
#include "runtime/turn.hpp"
#include "runtime/waker.hpp"

namespace sluice::engine {

class GraphRuntime;

class Stage {
 public:
  Stage(GraphRuntime& graph, const PlanStage& plan);
  ~Stage();

  /// Wires the stage to its queues; before start.
  void connect();

  // Whoever runs the stage: it enters, starts its nodes, takes turns until none follows, and leaves.
  void enter() { is_entered_.store(true, std::memory_order_release); }
  /// False: a node did not start, and no turn follows.
  bool start_nodes();
  AfterTurn turn(int64_t now_ns, Waiting waiting);
  void leave();

  // The thread that drives the graph. Neither request waits for the source, whose wake slot may hang.
  /// The source is stopped; it is done when its last marker has set out.
  void request_source_stop();
  /// The next turn is the last.
  void request_quit();
  Waker& waker() { return waker_; }
  StageClock& clock() { return clock_; }
  const NodeRuntime& head() const { return head_; }

  // Stage thread, from inside host functions.
  void emit(NodeRuntime& from, uint32_t port, records::HostBatch* take);

  /// Null when the head is not a source.
  SourceHead* source() { return source_ ? &*source_ : nullptr; }

  // Stage thread, for its source.
  bool has_room() { return has_room_but_for_holds() && !has_hold(); }
  const std::vector<EdgeRuntime*>& outputs() const { return outputs_; }
  void flush_from(const NodeRuntime& node, uint32_t why);
  /// Sends the flush marker along an edge, behind everything that went there before.
  void mark(EdgeRuntime& edge, uint32_t why);
  void fail(NodeRuntime& node, const sluice_error& error);

  /// Any thread: records that go to the dead letter of their path, or stop the graph.
  void take_rejected(records::HostBatch* take);

  bool has_source() const { return source_.has_value(); }
  /// Every node's `start` has returned.
  bool has_started() const { return has_started_.load(std::memory_order_acquire); }
  /// Whoever ran it is done with all nodes of the stage, or it was never entered.
  bool has_ended() const { return !is_entered_.load(std::memory_order_acquire); }
  const std::string& name() const { return name_; }
  /// Turns of the loop, at least one a second: whether it is alive.
  uint64_t turns() const { return turns_.load(); }

 private:
  struct Parked {
    EdgeRuntime* edge;
    records::HostBatch* batch;
    uint32_t marker_behind;  ///< SLUICE_FLUSH_*; 0: none
  };
  void wake_from_aside();
  bool run_queues_once();
  void take_from(EdgeRuntime& input, records::HostBatch* take);
  void serve_timers(int64_t now_ns);
  bool push_parked();
  bool serve_rejected();
  bool has_hold() const;
  bool has_room_but_for_holds();
  int64_t next_wake_ns(int64_t now_ns) const;
  void call_process(NodeRuntime& node, uint32_t port, records::HostBatch* take);
  void emit_copies(NodeRuntime& from, const std::vector<EdgeRuntime*>& edges, const records::HostBatch& batch);
  void hand_over(EdgeRuntime& edge, records::HostBatch* take);
  void take_over(EdgeRuntime& edge, records::HostBatch& batch);
  void park(EdgeRuntime& edge, records::HostBatch* take);
  bool try_hand_over(EdgeRuntime& edge, records::HostBatch*& take);
  bool is_parked(const EdgeRuntime& edge) const;
  void flush_node(size_t node, uint32_t why);

  GraphRuntime& graph_;
  const PlanStage& plan_;
  std::string name_;
  NodeRuntime& head_;
  std::optional<SourceHead> source_;
  std::vector<NodeRuntime*> sinks_;
  std::vector<EdgeRuntime*> outputs_;  ///< buffered edges out of this stage
  std::vector<EdgeRuntime*> inputs_;   ///< buffered edges and dead letters into the head
  size_t next_input_ = 0;

  Waker waker_;
  StageClock clock_;
  OwnCounter turns_;
  std::atomic<bool> quit_requested_{false};
  std::atomic<bool> has_started_{false};
  std::atomic<bool> is_entered_{false};
  bool is_broken_ = false;
  Ending::OwedFlush owed_flush_;  ///< of the head
  bool timers_wait_for_room_ = false;

  std::vector<Parked> parked_;
  bool parked_since_asking_ = false;  ///< no edge knows yet that this is waited for: try again before sleeping

  std::mutex rejected_mutex_;
  std::vector<records::HostBatch*> rejected_;  ///< guarded by rejected_mutex_
  std::atomic<bool> has_rejected_{false};
};

}  // namespace sluice::engine
