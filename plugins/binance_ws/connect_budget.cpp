// SPDX-License-Identifier: Apache-2.0
#include "connect_budget.hpp"

#include <algorithm>

#include "per_host.hpp"

namespace sluice::binance {

std::shared_ptr<ConnectBudget> ConnectBudget::of(const std::string& host) { return of_host<ConnectBudget>(host); }

int64_t ConnectBudget::free_at(int64_t from_ns) const {
  const std::lock_guard lock(mutex_);
  return free_at_locked(from_ns);
}

int64_t ConnectBudget::free_at_locked(int64_t from_ns) const {
  return std::max({from_ns, held_until_ns_, full_at_ns_ - (at_once - 1) * every_ns});
}

bool ConnectBudget::take(int64_t now_ns) {
  const std::lock_guard lock(mutex_);
  if (free_at_locked(now_ns) > now_ns) return false;
  full_at_ns_ = std::max(full_at_ns_, now_ns) + every_ns;
  return true;
}

void ConnectBudget::spend(int attempts, int64_t now_ns) {
  if (attempts <= 0) return;
  const std::lock_guard lock(mutex_);
  full_at_ns_ = std::max(full_at_ns_, now_ns) + attempts * every_ns;
}

void ConnectBudget::hold_until(int64_t ns) {
  const std::lock_guard lock(mutex_);
  held_until_ns_ = std::max(held_until_ns_, ns);
}

}  // namespace sluice::binance
