// SPDX-License-Identifier: Apache-2.0
// The lock that lets one process at a time write: this process's membership in a consumer group, which gives the only
// partition of an empty topic to one member. All relays of a process that name the same lock share one membership.
// Nothing is written unless `may_write`, which ends before the group could give the lock to another process: it holds
// for a time that every answer of the group prolongs, and comes back unless another process had the lock. Any thread.
#pragma once
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "settings.hpp"
#include "sluice/claim.hpp"
#include "sluice/context.hpp"
#include "sluice/result.hpp"
#include "sluice/wake_fd.hpp"
#include "sluice/worker.hpp"

namespace sluice::kafka {

/// What is known of a lock: written by the thread of its member, read by all.
class LockState {
 public:
  bool may_write() const;
  bool is_lost() const { return is_lost_.load(); }

  // The member's thread.
  /// As of GroupWatch::lease_now_ns.
  void held_until(int64_t lease_ns);
  void waits(std::string sentence);
  void lost(Error why);

  /// Returns when the lock is lost or not wanted any more.
  Result<void> follow(Claim& claim);

 private:
  std::atomic<int64_t> held_until_ns_{0};
  std::atomic<bool> is_lost_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_held_ = false;      ///< guarded by mutex_
  std::string sentence_;      ///< guarded by mutex_; who has it
  std::optional<Error> why_;  ///< guarded by mutex_
};

class WriteLock {
 public:
  /// The lock of this process by that name, at these brokers.
  static std::shared_ptr<WriteLock> of(Context context, const Settings& settings);
  WriteLock(Context context, const Settings& settings);
  WriteLock(const WriteLock&) = delete;
  /// Leaves the group, so that another process gets the lock at once. Waits for the cluster for a second at most.
  ~WriteLock();

  bool may_write() const { return state_->may_write(); }
  bool is_lost() const { return state_->is_lost(); }
  /// A thread of the node's own. Joins the group at the first call of all nodes.
  Result<void> claim(Claim& claim);

 private:
  const Context context_;
  const Settings settings_;
  const std::shared_ptr<LockState> state_ = std::make_shared<LockState>();
  const std::shared_ptr<WakeFd> wake_ = std::make_shared<WakeFd>();
  std::mutex mutex_;  ///< of the start
  Worker worker_;
};

/// What the lock's client and topic are made with.
Settings lock_settings(const Settings& relay);
/// Its topic is there, and is not one for a lock.
Error unfit_for_lock(const Settings& lock, int64_t partition_count);

}  // namespace sluice::kafka
