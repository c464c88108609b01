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
    latency_.add(age_ns, batch->records());
    bytes += batch->bytes();
    records += batch->records();
    if (budget_ns_ != 0 && age_ns > budget_ns_) over_budget += batch->records();
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

SourceBatch* SourceAccount::begin(uint32_t records, uint64_t bytes, uint32_t partition, int64_t first, int64_t end,
                                  int64_t now_ns) {
  SourceBatch* batch = open_batch(records, bytes, now_ns);
  batch->partition = partition;
  batch->first = first;
  batch->end = end;
  enter(batch);
  return batch;
}

void SourceAccount::enter_locked(SourceBatch* batch) {
  if (batch->partition < partitions_.size() && !partitions_[batch->partition]->is_closed) {
    partitions_[batch->partition]->tracker.enter(batch);
  } else {
    batch->partition = SLUICE_NO_PARTITION;
    unpositioned_.enter(batch);
  }
}

void SourceAccount::settle_locked(SourceBatch* take) {
  if (take->partition < partitions_.size()) {
    Partition& partition = *partitions_[take->partition];
    const uint64_t moved_over = partition.tracker.settle(take);
    if (counts_uncommitted_ && moved_over != 0 && !partition.is_closed) {
      partition.uncommitted.push_back({partition.tracker.position(), moved_over});
    }
  } else {
    unpositioned_.settle(take);
  }
}

std::optional<int64_t> SourceAccount::oldest_locked() const {
  std::optional<int64_t> oldest = unpositioned_.oldest_ns();
  for (const auto& partition : partitions_) {
    const auto candidate = partition->tracker.oldest_ns();
    if (candidate && (!oldest || *candidate < *oldest)) oldest = candidate;
  }
  return oldest;
}

uint32_t SourceAccount::open_partition(std::string name, int64_t position) {
  const std::lock_guard lock(mutex_);
  partitions_.push_back(std::make_unique<Partition>(std::move(name), position));
  return static_cast<uint32_t>(partitions_.size() - 1);
}

void SourceAccount::revoke_partition(uint32_t partition) {
  const std::lock_guard lock(mutex_);
  if (partition >= partitions_.size()) return;
  Partition& which = *partitions_[partition];
  if (which.is_revoked || which.is_closed) return;
  which.is_revoked = true;
  revoked_.fetch_add(1, std::memory_order_seq_cst);
}

void SourceAccount::lose_partition(uint32_t partition) {
  const std::lock_guard lock(mutex_);
  if (partition >= partitions_.size()) return;
  Partition& which = *partitions_[partition];
  if (which.is_revoked && !which.is_closed) revoked_.fetch_sub(1, std::memory_order_seq_cst);
  which.is_closed = true;
}

std::optional<CommitDue> SourceAccount::next_commit() {
  const std::lock_guard lock(mutex_);
  take_settled_locked();
  for (uint32_t id = 0; id < partitions_.size(); ++id) {
    Partition& partition = *partitions_[id];
    if (partition.is_closed || partition.has_commit_on_its_way) continue;
    if (partition.tracker.position() <= partition.committed) continue;
    partition.has_commit_on_its_way = true;
    partition.in_commit = partition.tracker.position();
    return CommitDue{id, partition.in_commit};
  }
  return std::nullopt;
}

std::optional<uint32_t> SourceAccount::next_release(bool deadline_passed) {
  const std::lock_guard lock(mutex_);
  take_settled_locked();
  for (uint32_t id = 0; id < partitions_.size(); ++id) {
    Partition& partition = *partitions_[id];
    if (!partition.is_revoked || partition.is_closed) continue;
    const bool is_drained = partition.tracker.idle() && is_committed(partition);
    if (!is_drained && !deadline_passed) continue;
    partition.is_closed = true;
    revoked_.fetch_sub(1, std::memory_order_seq_cst);
    return id;
  }
  return std::nullopt;
}

bool SourceAccount::is_open(uint32_t partition) const {
  const std::lock_guard lock(mutex_);
  return partition < partitions_.size() && !partitions_[partition]->is_closed;
}

uint64_t SourceAccount::uncommitted_records() {
  if (!counts_uncommitted_) return 0;
  const std::lock_guard lock(mutex_);
  take_settled_locked();
  uint64_t sum = 0;
  for (const auto& partition : partitions_) {
    // What is left of a partition that is gone is another's to repeat.
    if (partition->is_closed) continue;
    for (const Moved& moved : partition->uncommitted) sum += moved.records;
  }
  return sum;
}

void SourceAccount::committed(uint32_t partition, int64_t position, bool ok) {
  {
    const std::lock_guard lock(mutex_);
    if (partition >= partitions_.size()) return;
    Partition& which = *partitions_[partition];
    which.has_commit_on_its_way = false;
    if (ok) which.committed = std::max(which.committed, position);
    auto& moved = which.uncommitted;
    while (!moved.empty() && moved.front().position <= which.committed) moved.pop_front();
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
  return std::all_of(partitions_.begin(), partitions_.end(),
                     [this](const auto& partition) { return partition->is_closed || is_committed(*partition); });
}

std::vector<SourceAccount::PartitionState> SourceAccount::partitions() {
  const std::lock_guard lock(mutex_);
  take_settled_locked();
  std::vector<PartitionState> states;
  for (const auto& partition : partitions_) {
    if (!partition->is_closed) states.push_back({partition->name, partition->tracker.position(), partition->committed});
  }
  return states;
}

}  // namespace sluice::engine
