// SPDX-License-Identifier: Apache-2.0
// A running graph: opens the plan's nodes (sinks first), starts its stages (sources last), and ends them: sources
// stop, what is on its way drains until all accounts are quiet or the deadline has passed, then nodes close, sources
// first and those of one kind side by side. A plugin that does not return in time is left behind: the run ends without
// it. It keeps the account that the receipt is made of. One thread drives open, start, wait and close; everything
// marked "any thread" may be called from anywhere, also from plugins' threads.
#pragma once
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "graph/plan.hpp"
#include "runtime/bell.hpp"
#include "runtime/claims.hpp"
#include "runtime/clock.hpp"
#include "runtime/edge_runtime.hpp"
#include "runtime/ending.hpp"
#include "runtime/executor.hpp"
#include "runtime/just_said.hpp"
#include "runtime/memory_relay.hpp"
#include "runtime/node_runtime.hpp"
#include "runtime/report.hpp"
#include "runtime/stage.hpp"
#include "runtime/tails.hpp"
#include "runtime/verdicts.hpp"
#include "sluice/result.hpp"

namespace sluice::engine {

struct RuntimeOptions {
  int64_t drain_deadline_ns = 30'000'000'000;
  int64_t revoke_deadline_ns = 10'000'000'000;
  int64_t tail_limit_ns = 10'000'000'000;  ///< how long a start waits for what was stored last
  /// Any thread; level is SLUICE_LOG_*.
  std::function<void(uint32_t level, const std::string& node, std::string_view sentence)> log;
  // Both outlive the graph, and the clock every thread of a plugin.
  const Clock* clock = nullptr;  ///< null: that of the machine
  Executor* executor = nullptr;  ///< null: threads
};

/// Why a run ended early.
struct Failure {
  std::string node;
  Place place;
  Error error;
};

class GraphRuntime {
 public:
  GraphRuntime(Plan plan, RuntimeOptions options);
  ~GraphRuntime();
  GraphRuntime(const GraphRuntime&) = delete;
  GraphRuntime& operator=(const GraphRuntime&) = delete;

  /// Opens every node. On failure, and at an abort meanwhile, all that was opened is closed again.
  std::optional<Failure> open();
  /// Starts no source when a stop was requested before. While another process has a lock of this one, `wait` starts the
  /// sources.
  void start();
  /// Until the graph has ended by itself, by a request or by a failure; then stages have stopped and nodes are closed.
  void wait();
  /// As wait, but returns false when the time is up first; for programs that show something meanwhile.
  bool wait_for(std::chrono::milliseconds time);

  // Any thread.
  void request_stop();    ///< drain, then end
  void request_abort();   ///< end at once; what is unsettled stays so
  void interrupt_wait();  ///< wait_for returns, now or when it is called next
  Report report() const;
  std::optional<Failure> failure() const;
  /// Names of nodes whose plugin did not return in time when the run ended. With any, a program has to leave by _exit:
  /// the destructor waits for them.
  std::vector<std::string> left_behind() const;
  /// Sources may emit or have emitted. Before, a failure is one of starting.
  bool has_flowed() const { return sources_were_started_.load(); }
  bool was_stopped() const { return ending_.was_stop_requested(); }
  /// It has to get a lock before its sources start.
  bool waits_for_lock() const { return !has_flowed() && claims_.are_pending(); }
  /// It will end, for whatever reason.
  bool is_to_end() const { return abort_requested_.load() || was_stopped() || failure().has_value(); }

  // For stages and host functions; any thread unless said otherwise.
  const Plan& plan() const { return plan_; }
  const RuntimeOptions& options() const { return options_; }
  NodeRuntime& node(size_t index) { return nodes_[index]; }
  EdgeRuntime& edge(size_t index) { return edges_[index]; }
  EdgeRuntime& dead_letter(uint16_t path) { return edges_[plan_.edges.size() + path - 1]; }
  std::deque<EdgeRuntime>& edges() { return edges_; }
  const Clock& clock() const { return clock_; }
  Executor& executor() { return executor_; }
  Verdicts& verdicts() { return verdicts_; }
  void stop_with(const NodeRuntime& node, Error error);
  /// Records were destroyed without a verdict. If the call that did it fails too, its error says more.
  void stop_for_drop(const NodeRuntime& node, Error error);
  void log(const NodeRuntime& node, uint32_t level, std::string_view sentence) const;
  /// A sentence of a plugin, unless it has just said many of that kind.
  void log_said(NodeRuntime& node, uint32_t level, std::string_view sentence);
  /// What a plugin says: once, though both halves of a relay say it.
  void log_words(const NodeRuntime& node, JustSaid::Kind kind, uint32_t level, std::string_view sentence);
  /// What comes from a plugin, as it may be shown and logged: no secret of this graph, and safe to show. Everything a
  /// plugin says goes through here.
  std::string shown(std::string_view text) const;
  Error shown(const sluice_error& error) const;
  void set_status(NodeRuntime& node, uint32_t status, std::string_view sentence);
  void something_changed() { bell_.ring(); }
  Ending& ending() { return ending_; }
  bool is_closing() const { return is_closing_.load(std::memory_order_acquire); }

 private:
  enum class Phase { built, open, claiming, running, ended };
  void catch_up_on_log(bool is_over);
  void make_edges();
  void make_source_accounts();
  void find_relays();
  void flush_dead_letters();
  bool is_cut_short() const;
  bool drive_on();
  /// How many run; the graph is stopped if one cannot.
  size_t start_stages(bool (*is_meant)(const Stage&));
  void start_sources();
  void finish();
  void close_nodes();
  void leave_asked_behind();
  void close_side_by_side(int rank, int64_t until_ns);
  void wait_for_end(const std::function<bool()>& is_done, int64_t until_ns);
  int64_t close_by_ns() const;
  void leave_behind(NodeRuntime& node);

  const Plan plan_;
  const RuntimeOptions options_;
  const Clock& clock_;
  const std::unique_ptr<Executor> threads_;  ///< null: the options name an executor
  Executor& executor_;
  const sluice_host& host_;
  Verdicts verdicts_;
  Bell bell_;  ///< rings when what open, start, wait and close wait for may have come
  Ending ending_;
  std::deque<NodeRuntime> nodes_;
  std::deque<EdgeRuntime> edges_;  ///< the plan's edges, then its dead letters
  std::deque<Stage> stages_;
  std::vector<Stage*> stage_of_source_;  ///< by the source's number in ending_
  std::vector<MemoryRelay> memory_relays_;
  Claims claims_;
  Tails tails_;
  JustSaid just_said_;

  std::atomic<bool> abort_requested_{false};
  std::atomic<int64_t> stop_requested_ns_{0};   ///< when; the first one
  std::atomic<int64_t> abort_requested_ns_{0};  ///< when; the first one
  std::atomic<bool> sources_were_started_{false};
  std::atomic<bool> is_closing_{false};
  std::atomic<bool> is_interrupted_{false};

  mutable std::mutex mutex_;
  std::optional<Failure> failure_;        ///< guarded by mutex_; the first one
  bool failure_is_drop_ = false;          ///< guarded by mutex_
  std::vector<std::string> left_behind_;  ///< guarded by mutex_
  Phase phase_ = Phase::built;            ///< of the thread that drives
  int64_t closing_since_ns_ = 0;
};

/// The table of host functions for graphs with this many attributes, for the life of the process.
const sluice_host& host_for(uint32_t attribute_count);

}  // namespace sluice::engine
