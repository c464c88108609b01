// SPDX-License-Identifier: Apache-2.0
// Who answers for records: the account of each source, with its partitions and positions, and the account that an
// on_accept edge opens. Both know what is unsettled and for how long, and report whenever something has settled.
// Settling may come from any thread and never waits for one that emits: what has settled is put down, and whoever next
// asks where positions stand takes it in first. The rest says who calls it.
#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "records/account.hpp"
#include "runtime/latency.hpp"
#include "runtime/ledger.hpp"
#include "runtime/own_counter.hpp"
#include "runtime/position_tracker.hpp"
#include "runtime/scheduling_point.hpp"

namespace sluice::engine {

/// What is unsettled of one source or edge. `on_relief` is called from the settling thread after something settled.
class FlowAccount : public records::Account, public Ledger {
 public:
  /// Records that took longer than the budget to settle are counted; 0: none is set.
  FlowAccount(std::function<void()> on_relief, int64_t budget_ns)
      : budget_ns_(budget_ns), on_relief_(std::move(on_relief)) {}

  /// One thread at a time, the one that emits.
  records::SourceBatch* open_batch(uint32_t records, uint64_t bytes, int64_t now_ns);
  void on_settled(records::SourceBatch* take_list, int64_t at_ns) override;

  uint64_t begun() const override { return begun_.load(); }
  bool is_settled() const override { return unsettled_records() == 0; }
  bool is_quiet() override { return is_settled(); }
  // What has left is read first, so that the difference is never below zero.
  uint64_t unsettled_records() const {
    const uint64_t settled = settled_records_.load(std::memory_order_seq_cst);
    reach(SchedulingPoint::account_read);
    return totals.received.load(std::memory_order_seq_cst) - settled;
  }
  uint64_t unsettled_bytes() const {
    const uint64_t settled = settled_bytes_.load(std::memory_order_seq_cst);
    return begun_bytes_.load() - settled;
  }
  const Latency& latency() const { return latency_; }
  uint64_t over_budget() const { return over_budget_.load(std::memory_order_relaxed); }
  std::optional<int64_t> oldest_ns();

 protected:
  /// Takes in what has settled since it was last called. Called with mutex_ held, like the next three.
  void take_settled_locked();
  virtual void settle_locked(records::SourceBatch* take) { unpositioned_.settle(take); }
  virtual void enter_locked(records::SourceBatch* batch) { unpositioned_.enter(batch); }
  virtual std::optional<int64_t> oldest_locked() const { return unpositioned_.oldest_ns(); }
  void enter(records::SourceBatch* batch);

  mutable std::mutex mutex_;

 private:
  PositionTracker unpositioned_{0};  ///< guarded by mutex_
  OwnCounter begun_;
  OwnCounter begun_bytes_;
  const int64_t budget_ns_;
  const std::function<void()> on_relief_;
  // Of settling threads: apart from what emitting ones write.
  alignas(64) std::atomic<records::SourceBatch*> settled_{nullptr};  ///< not yet taken in
  std::atomic<uint64_t> settled_records_{0};
  std::atomic<uint64_t> settled_bytes_{0};
  std::atomic<uint64_t> over_budget_{0};
  Latency latency_;
  friend class SourceAccount;
};

/// A batch without a position of its own: on_accept edges.
class EdgeAccount final : public FlowAccount {
 public:
  explicit EdgeAccount(std::function<void()> on_relief) : FlowAccount(std::move(on_relief), 0) {}
  records::SourceBatch* begin(uint32_t records, uint64_t bytes, int64_t now_ns) {
    records::SourceBatch* batch = open_batch(records, bytes, now_ns);
    enter(batch);
    return batch;
  }
};

struct CommitDue {
  uint32_t partition;
  int64_t position;
};

class SourceAccount final : public FlowAccount {
 public:
  /// Without commits, positions are nobody's to store: a partition is done when all of it has settled.
  /// `bounds_uncommitted`: what is not yet committed is open, too.
  SourceAccount(std::function<void()> on_relief, bool takes_commits, int64_t budget_ns = 0,
                bool bounds_uncommitted = false)
      : FlowAccount(std::move(on_relief), budget_ns),
        takes_commits_(takes_commits),
        bounds_uncommitted_(takes_commits && bounds_uncommitted) {}
  bool takes_commits() const { return takes_commits_; }

  // Stage thread of the source.
  records::SourceBatch* begin(uint32_t records, uint64_t bytes, uint32_t partition, int64_t end, int64_t now_ns);
  uint32_t open_partition(std::string name, int64_t position);
  void revoke_partition(uint32_t partition);
  void lose_partition(uint32_t partition);
  /// One that has moved and has no commit on its way, the one that waits the longest; marks it as on its way.
  std::optional<CommitDue> next_commit();
  /// A revoked one that may go: drained and committed, or past its deadline. Closes it.
  std::optional<uint32_t> next_release(bool deadline_passed);
  /// How often a partition was revoked.
  uint64_t revocations() const { return revocations_.load(); }
  bool has_revoked() const { return revoked_.load(std::memory_order_seq_cst) != 0; }

  // Any thread.
  /// The run ends, and the next one is given out again what is unsettled then.
  void will_be_replayed() { is_replayed_.store(true, std::memory_order_relaxed); }
  bool gives_again(const records::SourceBatch& batch) override;
  /// Settled, in whatever order, and not yet stored by the outside as committed: a crash repeats them. What is left of
  /// a partition that is gone is another's to repeat. 0 without commits. Read after unsettled_records(), none is
  /// missed.
  uint64_t uncommitted_records();
  /// What the records of in_flight bound.
  uint64_t open_records();
  void committed(uint32_t partition, int64_t position, bool ok);
  bool is_quiet() override;
  struct PartitionState {
    std::string name;
    int64_t settled;
    int64_t committed;
  };
  std::vector<PartitionState> partitions();

 protected:
  void settle_locked(records::SourceBatch* take) override;
  void enter_locked(records::SourceBatch* batch) override;
  std::optional<int64_t> oldest_locked() const override;

 private:
  struct Partition {
    const uint32_t id;
    const std::string name;
    PositionTracker tracker;
    int64_t committed;
    int64_t in_commit = 0;
    // Records since it was opened.
    uint64_t settled_records = 0;
    uint64_t committed_records = 0;
    uint64_t in_commit_records = 0;
    bool is_due = false;  ///< waits in due_
    bool has_commit_on_its_way = false;
    bool is_revoked = false;
    bool is_closed = false;  ///< an old epoch: late verdicts change nothing
    Partition(uint32_t partition_id, std::string partition_name, int64_t position)
        : id(partition_id), name(std::move(partition_name)), tracker(position), committed(position) {}
  };
  // With mutex_ held.
  Partition* find_open(uint32_t id) const;
  void close(Partition& partition);
  void forget_if_gone(Partition& partition);
  void look_if_due(Partition& partition);
  void count_committed(Partition& partition, uint64_t records);
  bool is_committed(const Partition& partition) const;

  const bool takes_commits_;
  const bool bounds_uncommitted_;
  std::atomic<bool> is_replayed_{false};
  OwnCounter revocations_;            ///< of the stage thread of the source
  std::atomic<uint32_t> revoked_{0};  ///< partitions that are revoked and not yet closed; written under mutex_
  // Guarded by mutex_.
  std::vector<std::unique_ptr<Partition>> partitions_;  ///< ids are indices; null: closed, and nothing of it is open
  std::vector<Partition*> present_;                     ///< those that are there
  std::deque<Partition*> due_;                          ///< may have a commit due
  uint64_t uncommitted_records_ = 0;
};

}  // namespace sluice::engine
