// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/addresses.hpp"

#include <algorithm>

namespace sluice::net {

std::vector<Address> interleaved(const std::vector<Address>& addresses) {
  std::vector<Address> first, second, all;
  for (const Address& address : addresses) {
    (address.is_ipv6() == addresses.front().is_ipv6() ? first : second).push_back(address);
  }
  for (size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) all.push_back(first[i]);
    if (i < second.size()) all.push_back(second[i]);
  }
  return all;
}

void AddressMemory::failed(const std::string& address, int64_t now_ns) {
  std::erase_if(failures_, [&](const auto& entry) { return now_ns - entry.second >= memory_ns; });
  failures_[address] = now_ns;
}

std::vector<Address> AddressMemory::order(const std::vector<Address>& addresses, int64_t now_ns) const {
  std::vector<std::pair<int64_t, Address>> ranked;
  for (const Address& address : interleaved(addresses)) {
    const auto failure = failures_.find(address.text());
    const bool counts = failure != failures_.end() && now_ns - failure->second < memory_ns;
    ranked.emplace_back(counts ? failure->second : INT64_MIN, address);
  }
  std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Address> ordered;
  for (const auto& [failed_ns, address] : ranked) ordered.push_back(address);
  return ordered;
}

}  // namespace sluice::net
