// SPDX-License-Identifier: Apache-2.0
#include "runtime/accounts.hpp"

#include <algorithm>
#include <utility>

namespace sluice::engine {
namespace {

// Taking in is for the thread that emits; seldom, as it fetches a cache line that settling threads write.
constexpr uint64_t take_in_every = 64;

}  // namespace

using records::SourceBatch;

SourceBatch* FlowAccount::open_batch(uint32_t records, uint64_t bytes, int64_t now_ns) {
  auto* batch = new SourceBatch(*this, records, bytes, now_ns);
  begun_bytes_.add(bytes);
  begun_.add(1);
  return batch;
}

void FlowAccount::enter(SourceBatch* batch) {
  const std::lock_guard lock(mutex_);
  if (begun_.load() % take_in_every == 0) take_settled_locked();
  enter_locked(batch);
}

void FlowAccount::on_settled(SourceBatch* take_list, int64_t at_ns) {
  uint64_t bytes = 0;
  uint64_t records = 0;
  uint64_t over_budget = 0;
  SourceBatch* last = nullptr;
  for (SourceBatch* batch = take_list; batch != nullptr; batch = batch->next_settled) {
    const int64_t age_ns = at_ns - batch->created_ns();
    const bool has_verdict = !batch->has_relinquished();
    if (has_verdict) latency_.add(age_ns, batch->records());
    bytes += batch->bytes();
    records += batch->records();
    if (has_verdict && budget_ns_ != 0 && age_ns > budget_ns_) over_budget += batch->records();
    last = batch;
  }
  if (over_budget != 0) over_budget_.fetch_add(over_budget, std::memory_order_relaxed);
  last->next_settled = settled_.load(std::memory_order_relaxed);
  while (!settled_.compare_exchange_weak(last->next_settled, take_list, std::memory_order_acq_rel,
                                         std::memory_order_relaxed)) {
  }
  // Only now: whoever finds nothing unsettled finds all of it when it takes in.
  settled_bytes_.fetch_add(bytes, std::memory_order_seq_cst);
  settled_records_.fetch_add(records, std::memory_order_seq_cst);
  reach(SchedulingPoint::settled);
  on_relief_();
}

void FlowAccount::take_settled_locked() {
  SourceBatch* list = settled_.exchange(nullptr, std::memory_order_acq_rel);
  while (list != nullptr) settle_locked(std::exchange(list, list->next_settled));
}

std::optional<int64_t> FlowAccount::oldest_ns() {
  const std::lock_guard lock(mutex_);
  take_settled_locked();
  return oldest_locked();
}

SourceBatch* SourceAccount::begin(uint32_t records, uint64_t bytes, uint32_t partition, int64_t end, int64_t now_ns) {
  SourceBatch* batch = open_batch(records, bytes, now_ns);
  batch->partition = partition;
  batch->end = end;
  enter(batch);
  return batch;
}

void SourceAccount::enter_locked(SourceBatch* batch) {
  if (Partition* partition = find_open(batch->partition)) {
    partition->tracker.enter(batch);
  } else {
    batch->partition = SLUICE_NO_PARTITION;
    unpositioned_.enter(batch);
  }
}

void SourceAccount::settle_locked(SourceBatch* take) {
  if (take->partition == SLUICE_NO_PARTITION) {
    unpositioned_.settle(take);
    return;
  }
  Partition& partition = *partitions_[take->partition];
  const uint64_t records = take->has_relinquished() ? 0 : take->records();
  partition.tracker.settle(take);
  if (partition.is_closed) {
    forget_if_gone(partition);
  } else if (takes_commits_) {
    partition.settled_records += records;
    uncommitted_records_ += records;
    look_if_due(partition);
  }
}

std::optional<int64_t> SourceAccount::oldest_locked() const {
  std::optional<int64_t> oldest = unpositioned_.oldest_ns();
  for (const Partition* partition : present_) {
    const auto candidate = partition->tracker.oldest_ns();
    if (candidate && (!oldest || *candidate < *oldest)) oldest = candidate;
  }
  return oldest;
}

SourceAccount::Partition* SourceAccount::find_open(uint32_t id) const {
  if (id >= partitions_.size() || partitions_[id] == nullptr || partitions_[id]->is_closed) return nullptr;
  return partitions_[id].get();
}

void SourceAccount::close(Partition& partition) {
  partition.is_closed = true;
  if (partition.is_revoked) revoked_.fetch_sub(1, std::memory_order_seq_cst);
  uncommitted_records_ -= partition.settled_records - partition.committed_records;
  if (partition.is_due) std::erase(due_, &partition);
  forget_if_gone(partition);
}

void SourceAccount::forget_if_gone(Partition& partition) {
  if (!partition.is_closed || !partition.tracker.idle()) return;
  std::erase(present_, &partition);
  partitions_[partition.id] = nullptr;
}

void SourceAccount::look_if_due(Partition& partition) {
  if (partition.tracker.position() <= partition.committed) {
    // What the outside has stored already needs no commit.
    count_committed(partition, partition.tracker.passed_records());
  } else if (takes_commits_ && !partition.is_due && !partition.has_commit_on_its_way) {
    partition.is_due = true;
    due_.push_back(&partition);
  }
}

void SourceAccount::count_committed(Partition& partition, uint64_t records) {
  if (records <= partition.committed_records) return;
  uncommitted_records_ -= records - partition.committed_records;
  partition.committed_records = records;
}

uint32_t SourceAccount::open_partition(std::string name, int64_t position) {
  const std::lock_guard lock(mutex_);
  const auto id = static_cast<uint32_t>(partitions_.size());
  partitions_.push_back(std::make_unique<Partition>(id, std::move(name), position));
  present_.push_back(partitions_.back().get());
  return id;
}

void SourceAccount::revoke_partition(uint32_t partition) {
  const std::lock_guard lock(mutex_);
  Partition* which = find_open(partition);
  if (which == nullptr || which->is_revoked) return;
  which->is_revoked = true;
  revoked_.fetch_add(1, std::memory_order_seq_cst);
  revocations_.add(1);
}

void SourceAccount::lose_partition(uint32_t partition) {
  {
    const std::lock_guard lock(mutex_);
    Partition* which = find_open(partition);
    if (which == nullptr) return;
    close(*which);
  }
  // What it had open, and a revoke that it ends, may be what the source waits for.
  on_relief_();
}

std::optional<CommitDue> SourceAccount::next_commit() {
  const std::lock_guard lock(mutex_);
  take_settled_locked();
  while (!due_.empty()) {
    Partition& partition = *due_.front();
    due_.pop_front();
    partition.is_due = false;
    if (is_committed(partition)) continue;
    partition.has_commit_on_its_way = true;
    partition.in_commit = partition.tracker.position();
    partition.in_commit_records = partition.tracker.passed_records();
    return CommitDue{partition.id, partition.in_commit};
  }
  return std::nullopt;
}

std::optional<uint32_t> SourceAccount::next_release(bool deadline_passed) {
  const std::lock_guard lock(mutex_);
  take_settled_locked();
  for (Partition* partition : present_) {
    if (!partition->is_revoked || partition->is_closed) continue;
    const bool is_drained = partition->tracker.idle() && is_committed(*partition);
    if (!is_drained && !deadline_passed) continue;
    const uint32_t id = partition->id;
    close(*partition);
    return id;
  }
  return std::nullopt;
}

bool SourceAccount::gives_again(const SourceBatch& batch) {
  if (is_replayed_.load(std::memory_order_relaxed)) return true;
  const std::lock_guard lock(mutex_);
  if (batch.partition == SLUICE_NO_PARTITION) return false;
  const Partition* partition = find_open(batch.partition);
  return partition == nullptr || partition->is_revoked;
}

uint64_t SourceAccount::uncommitted_records() {
  const std::lock_guard lock(mutex_);
  take_settled_locked();
  return uncommitted_records_;
}

uint64_t SourceAccount::open_records() {
  // In this order: what settles in between counts twice, and nothing is missed.
  const uint64_t unsettled = unsettled_records();
  return unsettled + (bounds_uncommitted_ ? uncommitted_records() : 0);
}

void SourceAccount::committed(uint32_t partition, int64_t position, bool ok) {
  {
    const std::lock_guard lock(mutex_);
    if (Partition* which = find_open(partition)) {
      which->has_commit_on_its_way = false;
      if (ok) {
        which->committed = std::max(which->committed, position);
        if (position >= which->in_commit) count_committed(*which, which->in_commit_records);
      }
      look_if_due(*which);
    }
  }
  on_relief_();
}

bool SourceAccount::is_committed(const Partition& partition) const {
  return !takes_commits_ || (!partition.has_commit_on_its_way && partition.tracker.position() <= partition.committed);
}

bool SourceAccount::is_quiet() {
  if (unsettled_records() != 0) return false;
  const std::lock_guard lock(mutex_);
  take_settled_locked();
  return std::all_of(present_.begin(), present_.end(),
                     [this](const Partition* partition) { return partition->is_closed || is_committed(*partition); });
}

std::vector<SourceAccount::PartitionState> SourceAccount::partitions() {
  const std::lock_guard lock(mutex_);
  take_settled_locked();
  std::vector<PartitionState> states;
  for (const Partition* partition : present_) {
    if (!partition->is_closed) states.push_back({partition->name, partition->tracker.position(), partition->committed});
  }
  return states;
}

}  // namespace sluice::engine
