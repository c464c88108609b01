// SPDX-License-Identifier: Apache-2.0
#include "weights.hpp"

#include <algorithm>

namespace sluice::sim {
namespace {
constexpr std::size_t many_addresses = 1024;
}

Weights::Verdict Weights::spend(const std::string& address, std::uint64_t weight, Time now) {
  if (accounts_.size() >= many_addresses)
    std::erase_if(accounts_, [&](const auto& entry) {
      return entry.second.window_end <= now && entry.second.banned_until <= now;
    });
  Account& account = accounts_[address];
  if (now < account.banned_until) return {418, account.used, account.banned_until - now};
  if (now >= account.window_end) account = {0, 0, now + rules_.window, {}};
  account.used += weight;
  if (rules_.limit == 0 || account.used <= rules_.limit) return {200, account.used, {}};
  if (++account.refused <= rules_.insist) return {429, account.used, account.window_end - now};
  account.banned_until = now + rules_.ban;
  return {418, account.used, rules_.ban};
}

}  // namespace sluice::sim
