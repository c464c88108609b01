// SPDX-License-Identifier: Apache-2.0
// In which order the addresses of a name are tried: families take turns, as in RFC 8305, 4, and an address that failed
// lately comes behind those that did not, however often the resolver names it first. Only the order changes: an address
// that is alone is tried each time. Has no clock of its own. One thread.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sluice/net/resolver.hpp"

namespace sluice::net {

/// The first of the resolver stays the first; from then on IPv6 and IPv4 alternate, each in the resolver's order.
std::vector<Address> interleaved(const std::vector<Address>& addresses);

/// What is known of addresses from one connection to the next.
class AddressMemory {
 public:
  /// A failure counts for so long; the longest ago comes first among those that failed.
  static constexpr int64_t memory_ns = 600'000'000'000;

  void failed(const std::string& address, int64_t now_ns);
  void worked(const std::string& address) { failures_.erase(address); }
  std::vector<Address> order(const std::vector<Address>& addresses, int64_t now_ns) const;

 private:
  std::map<std::string, int64_t> failures_;  ///< by Address::text, when
};

}  // namespace sluice::net
