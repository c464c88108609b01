// SPDX-License-Identifier: Apache-2.0
#include "weight_budget.hpp"

#include <algorithm>

#include "per_host.hpp"

namespace sluice::binance {

std::shared_ptr<WeightBudget> WeightBudget::of(const std::string& host) { return of_host<WeightBudget>(host); }

int64_t WeightBudget::free_at(int64_t weight, int64_t now_ns) {
  const std::lock_guard lock(mutex_);
  return free_at_locked(weight, now_ns);
}

int64_t WeightBudget::free_at_locked(int64_t weight, int64_t now_ns) {
  while (!spent_.empty() && spent_.front().at_ns <= now_ns - minute_ns) {
    own_ -= spent_.front().weight;
    spent_.pop_front();
  }
  if (now_ns >= minute_end_ns_) used_ = 0;
  int64_t free_ns = std::max(now_ns, held_until_ns_);
  int64_t own = own_;
  for (const Spent& each : spent_) {
    if (own + weight <= own_limit_) break;
    own -= each.weight;
    free_ns = std::max(free_ns, each.at_ns + minute_ns);
  }
  if (used_ + weight > common_limit_) free_ns = std::max(free_ns, minute_end_ns_);
  return free_ns;
}

bool WeightBudget::take(int64_t weight, int64_t now_ns) {
  const std::lock_guard lock(mutex_);
  if (free_at_locked(weight, now_ns) > now_ns) return false;
  spent_.push_back({now_ns, weight});
  own_ += weight;
  used_ += weight;
  return true;
}

void WeightBudget::report(int64_t used, int64_t minute_end_ns, int64_t now_ns) {
  const std::lock_guard lock(mutex_);
  // More than is allowed is as good as all of it, whatever the number.
  used = std::min(used, common_limit_);
  // Within a minute the count only rises: an older answer may come behind a newer one.
  used_ = now_ns >= minute_end_ns_ ? used : std::max(used_, used);
  minute_end_ns_ = minute_end_ns;
}

void WeightBudget::hold_until(int64_t ns) {
  const std::lock_guard lock(mutex_);
  held_until_ns_ = std::max(held_until_ns_, ns);
}

}  // namespace sluice::binance
