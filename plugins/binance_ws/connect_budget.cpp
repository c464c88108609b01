// SPDX-License-Identifier: Apache-2.0
#include "connect_budget.hpp"

#include <algorithm>
#include <map>

namespace sluice::binance {

std::shared_ptr<ConnectBudget> ConnectBudget::of(const std::string& host) {
  struct Process {
    std::mutex mutex;
    std::map<std::string, std::weak_ptr<ConnectBudget>> budgets;
  };
  // Made at the first use and never destroyed: a node may outlive the program's statics.
  static Process& process = *new Process;
  const std::lock_guard lock(process.mutex);
  std::erase_if(process.budgets, [](const auto& entry) { return entry.second.expired(); });
  std::weak_ptr<ConnectBudget>& known = process.budgets[host];
  std::shared_ptr<ConnectBudget> budget = known.lock();
  if (budget == nullptr) known = budget = std::make_shared<ConnectBudget>();
  return budget;
}

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
