// SPDX-License-Identifier: Apache-2.0
// Who answers for records: the account of each source, with its partitions and positions, and the account that an
// on_accept edge opens. Both know what is unsettled, for how long, and tell the run when nothing is any more.
// Settling may come from any thread; the rest says who calls it.
#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "records/account.hpp"
#include "runtime/latency.hpp"
#include "runtime/position_tracker.hpp"

namespace sluice::engine {

/// What is unsettled of one source or edge. `on_relief` is called from the settling thread after something settled.
class FlowAccount : public records::Account {
 public:
  explicit FlowAccount(std::function<void()> on_relief) : on_relief_(std::move(on_relief)) {}

  records::SourceBatch* open_batch(uint32_t records, uint64_t bytes);
  void on_settled(records::SourceBatch* take) override;

  /// How many batches this account ever began.
  uint64_t begun() const { return begun_.load(std::memory_order_seq_cst); }
  uint64_t unsettled_records() const { return unsettled_records_.load(std::memory_order_seq_cst); }
  uint64_t unsettled_bytes() const { return unsettled_bytes_.load(std::memory_order_seq_cst); }
  const Latency& latency() const { return latency_; }
  std::optional<int64_t> oldest_ns() const;

 protected:
  /// The batch has settled: moves positions, frees it. Called with mutex_ held.
  virtual void settle_locked(records::SourceBatch* take) { unpositioned_.settle(take); }
  virtual void enter_locked(records::SourceBatch* batch) { unpositioned_.enter(batch); }
  virtual std::optional<int64_t> oldest_locked() const { return unpositioned_.oldest_ns(); }
  void enter(records::SourceBatch* batch);

  mutable std::mutex mutex_;

 private:
  PositionTracker unpositioned_{0};  ///< guarded by mutex_
  std::atomic<uint64_t> unsettled_records_{0};
  std::atomic<uint64_t> unsettled_bytes_{0};
  std::atomic<uint64_t> begun_{0};
  Latency latency_;
  std::function<void()> on_relief_;
  friend class SourceAccount;
};

/// A batch without a position of its own: on_accept edges.
class EdgeAccount final : public FlowAccount {
 public:
  using FlowAccount::FlowAccount;
  records::SourceBatch* begin(uint32_t records, uint64_t bytes) {
    records::SourceBatch* batch = open_batch(records, bytes);
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
  SourceAccount(std::function<void()> on_relief, bool takes_commits)
      : FlowAccount(std::move(on_relief)), takes_commits_(takes_commits) {}
  bool takes_commits() const { return takes_commits_; }

  // Stage thread of the source.
  records::SourceBatch* begin(uint32_t records, uint64_t bytes, uint32_t partition, int64_t first, int64_t end);
  uint32_t open_partition(std::string name, int64_t position);
  void revoke_partition(uint32_t partition);
  void lose_partition(uint32_t partition);
  /// One that has moved and has no commit on its way; marks it as on its way.
  std::optional<CommitDue> next_commit();
  /// A revoked one that may go: drained and committed, or past its deadline. Closes it.
  std::optional<uint32_t> next_release(bool deadline_passed);
  bool has_revoked() const { return revoked_.load(std::memory_order_seq_cst) != 0; }
  bool is_open(uint32_t partition) const;

  // Any thread.
  void committed(uint32_t partition, int64_t position, bool ok);
  /// Nothing unsettled and nothing to commit, or on its way.
  bool is_quiet() const;
  struct PartitionState {
    std::string name;
    int64_t settled;
    int64_t committed;
  };
  std::vector<PartitionState> partitions() const;

 protected:
  void settle_locked(records::SourceBatch* take) override;
  void enter_locked(records::SourceBatch* batch) override;
  std::optional<int64_t> oldest_locked() const override;

 private:
  struct Partition {
    std::string name;
    PositionTracker tracker;
    int64_t committed;
    int64_t in_commit = 0;
    bool has_commit_on_its_way = false;
    bool is_revoked = false;
    bool is_closed = false;  ///< an old epoch: late verdicts change nothing
    Partition(std::string partition_name, int64_t position)
        : name(std::move(partition_name)), tracker(position), committed(position) {}
  };
  bool is_committed(const Partition& partition) const;

  const bool takes_commits_;
  std::atomic<uint32_t> revoked_{0};  ///< partitions that are revoked and not yet closed; written under mutex_
  std::vector<std::unique_ptr<Partition>> partitions_;  ///< guarded by mutex_; ids are indices
};

}  // namespace sluice::engine
