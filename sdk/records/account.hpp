// SPDX-License-Identifier: Apache-2.0
// What a source is owed an answer for. Every batch a source emits becomes a SourceBatch: it counts the parts that are
// still open and settles exactly once, when none is. An Account owns the totals of one source (or of one on_accept
// edge, where a new account begins) and hears of every settled SourceBatch. Any thread may settle.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>

#include "records/block_store.hpp"
#include "sluice/abi.h"

namespace sluice::records {

/// Final verdicts as accounts count them. `delivered` on a dead-letter path becomes `dead_lettered`.
enum class Verdict : uint8_t { delivered, accepted, dead_lettered, discarded, failed };
constexpr size_t verdict_count = 5;

class SourceBatch;

/// received + made = sum of verdicts + relinquished + unsettled, at any moment when nobody is inside a call. What
/// emitting threads write lies apart from what settling ones do, so that neither waits for the other's cache line.
struct Totals {
  alignas(64) std::atomic<uint64_t> received{0};
  std::atomic<uint64_t> made{0};
  alignas(64) std::array<std::atomic<uint64_t>, verdict_count> settled{};
  std::atomic<uint64_t> relinquished{0};  ///< without a verdict, as they will be given out again

  uint64_t count(Verdict verdict) const {
    return settled[static_cast<size_t>(verdict)].load(std::memory_order_relaxed);
  }
  uint64_t unsettled() const {
    uint64_t all = received.load(std::memory_order_relaxed) + made.load(std::memory_order_relaxed);
    for (const auto& verdict : settled) all -= verdict.load(std::memory_order_relaxed);
    return all - relinquished.load(std::memory_order_relaxed);
  }
};

class Account {
 public:
  virtual ~Account() = default;
  /// Any thread, once per SourceBatch, when its last part has settled: a list by `next_settled`, of one call to settle.
  /// The account owns them from here. `at_ns` is what the settling thread was told the time is.
  virtual void on_settled(SourceBatch* take_list, int64_t at_ns) = 0;
  /// Whether what is unsettled of it will be given out again without anybody's doing: its partition goes, or the run
  /// ends and the source replays. Any thread.
  virtual bool gives_again(const SourceBatch& /*batch*/) { return false; }
  Totals totals;
};

class SourceBatch {
 public:
  SourceBatch(Account& account, uint32_t records, uint64_t bytes, int64_t created_ns)
      : account_(account), open_(records), records_(records), bytes_(bytes), created_ns_(created_ns) {
    account.totals.received.fetch_add(records, std::memory_order_relaxed);
  }
  SourceBatch(const SourceBatch&) = delete;
  SourceBatch& operator=(const SourceBatch&) = delete;
  static void* operator new(size_t bytes) { return take_block(bytes); }
  static void operator delete(void* take, size_t bytes) { give_block(take, bytes); }

  /// Copies and one-to-many: more parts than records came in.
  void add_parts(uint64_t parts) {
    open_.fetch_add(parts, std::memory_order_relaxed);
    account_.totals.made.fetch_add(parts, std::memory_order_relaxed);
  }
  void settle(uint64_t parts, Verdict verdict, int64_t at_ns = 0) {
    account_.totals.settled[static_cast<size_t>(verdict)].fetch_add(parts, std::memory_order_relaxed);
    if (close(parts, verdict)) account_.on_settled(this, at_ns);
  }
  /// For whoever counts the verdicts of many and tells the account of all of them at once: true when these were the
  /// last open parts. After false the batch may be gone.
  bool close(uint64_t parts, Verdict verdict) {
    if (verdict == Verdict::failed) failed_.store(true, std::memory_order_relaxed);
    return open_.fetch_sub(parts, std::memory_order_acq_rel) == parts;
  }

  /// Likewise, of parts that end without a verdict, as the source gives them out again.
  bool relinquish(uint64_t parts) {
    relinquished_.store(true, std::memory_order_relaxed);
    return open_.fetch_sub(parts, std::memory_order_acq_rel) == parts;
  }

  Account& account() const { return account_; }
  uint32_t records() const { return records_; }
  uint64_t bytes() const { return bytes_; }
  int64_t created_ns() const { return created_ns_; }
  bool has_relinquished() const { return relinquished_.load(std::memory_order_relaxed); }
  /// A part that failed or was relinquished holds the position for ever.
  bool holds_position() const { return failed_.load(std::memory_order_relaxed) || has_relinquished(); }

  // The account's own: where the range stands. Written before the batch is emitted, and when it has settled.
  uint32_t partition = SLUICE_NO_PARTITION;
  bool done = false;  ///< guarded by the account's lock, as the next two
  int64_t end = 0;
  uint64_t through = 0;  ///< records of the partition up to its end
  SourceBatch* next_settled = nullptr;

 private:
  Account& account_;
  std::atomic<uint64_t> open_;
  std::atomic<bool> failed_{false};
  std::atomic<bool> relinquished_{false};
  const uint32_t records_;
  const uint64_t bytes_;
  const int64_t created_ns_;
};

}  // namespace sluice::records
