// SPDX-License-Identifier: Apache-2.0
// Decides how a run ends and when it is over. A run ends in four steps:
//   1. The run begins to end when a stop is requested, or when every source has ended by itself. The reading half of a
//      relay in memory does not end by itself.
//   2. Sources are stopped. The last thing that a source sends is a flush marker, which makes nodes give out what they
//      hold back. Then the source is done. The edge of each dead letter gets a marker of its own. A dead letter that
//      comes behind that marker makes one more flush due.
//   3. The reading half of a relay in memory is stopped when everything before the relay is done and settled, and the
//      half has read all that was accepted. Relays behind relays follow in that order.
//   4. The run is over when every source is done, no marker is on its way, nothing is unsettled and no commit is due.
//      It is also over when the drain's deadline has passed.
// Stages and accounts report events, and an event that may change an answer rings the bell. Nothing here waits, polls
// or calls a plugin. While the run is not ending, events from settling threads lock nothing.
#pragma once
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "runtime/bell.hpp"
#include "runtime/ledger.hpp"
#include "sluice/abi.h"

namespace sluice::engine {

class Ending {
 public:
  using Source = size_t;
  /// A relay whose middle is this process's memory.
  struct Relay {
    Source output;                       ///< its reading half
    std::function<bool()> has_read_all;  ///< it has read as many records as were accepted
    std::vector<Source> sources_before;  ///< whose records may come into it
    std::vector<Ledger*> edges_before;   ///< likewise, of edges that take records over
  };
  /// A flush that a stage owes since it took dead letters. Owned by that stage's thread.
  class OwedFlush {
    friend class Ending;
    bool is_owed_ = false;
  };
  /// What whoever drives the run has to do now.
  struct Next {
    enum class What {
      wait,                ///< nothing before the bell rings, or the deadline passes
      flush_dead_letters,  ///< send a marker along each dead letter's edge
      stop_source,         ///< `source`, which reports when it is done
      over                 ///< the run
    };
    What what;
    Source source = 0;
  };

  Ending(Bell& bell, int64_t drain_ns) : bell_(bell), drain_ns_(drain_ns) {}

  // Before the run begins.
  Source add_source(Ledger& ledger);
  void add_edge(Ledger& ledger) { ledgers_.push_back(&ledger); }
  void add_relay(Relay relay);

  // Events. Any thread.
  void request_stop();
  /// It has ended or was stopped, and its last marker has set out.
  void source_is_done(Source source);
  void marker_sets_out() { markers_.fetch_add(1, std::memory_order_seq_cst); }
  /// Where it arrived the node was flushed, and whatever that sent on has set out.
  void marker_was_served();
  /// Something of this ledger has settled, was committed, or is no longer to be committed.
  void has_settled(const Ledger& ledger) {
    if (is_ending() && ledger.is_settled()) bell_.ring();
  }
  /// The output of a relay in memory has read something.
  void relay_has_read();
  void dead_letter_was_taken(OwedFlush& flush);

  // Questions. Any thread.
  bool was_stop_requested() const { return is_stop_requested_.load(); }
  /// The run has begun to end: what is held back may as well come now.
  bool is_ending() const { return is_ending_.load(std::memory_order_seq_cst); }
  /// Why sources that stop now have what is behind them flushed: SLUICE_FLUSH_*.
  uint32_t last_flush() const { return was_stop_requested() ? SLUICE_FLUSH_DRAIN : SLUICE_FLUSH_END; }
  /// Whether the stage, whose queues are empty, has to flush its head now and report a served marker then.
  bool take(OwedFlush& flush);

  // The thread that drives the run.
  Next next(int64_t now_ns);
  /// When next() may answer otherwise without a ring; INT64_MAX: never.
  int64_t deadline_ns() const { return deadline_ns_; }

 private:
  struct SourceState {
    explicit SourceState(Ledger& its_ledger) : ledger(its_ledger) {}
    Ledger& ledger;
    bool is_relay_output = false;
    bool is_told_to_stop = false;  ///< of the thread that drives
    std::atomic<bool> is_done{false};
  };
  bool have_sources_ended() const;
  bool are_all_done() const;
  bool is_drained_through(const Relay& relay) const;
  bool is_quiet() const;

  Bell& bell_;
  const int64_t drain_ns_;
  std::deque<SourceState> sources_;
  std::vector<Ledger*> ledgers_;  ///< of all sources and edges
  std::vector<Relay> relays_;
  std::atomic<bool> is_stop_requested_{false};
  std::atomic<bool> is_ending_{false};
  std::atomic<int64_t> markers_{0};  ///< that are on their way
  int64_t deadline_ns_ = INT64_MAX;  ///< of the thread that drives
};

}  // namespace sluice::engine
