// SPDX-License-Identifier: Apache-2.0
#include "observe/host_check.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <string>

namespace sluice::engine {
namespace {

bool is_address(const std::string& host, int family) {
  in6_addr scratch{};
  return inet_pton(family, host.c_str(), &scratch) == 1;
}

}  // namespace

bool is_private_name(std::string_view authority) {
  if (authority.starts_with('[')) {
    const size_t end = authority.find(']');
    return end != std::string_view::npos && is_address(std::string(authority.substr(1, end - 1)), AF_INET6);
  }
  std::string host(authority.substr(0, authority.find(':')));
  if (host.ends_with('.')) host.pop_back();
  if (is_address(host, AF_INET) || host.find('.') == std::string::npos) return true;
  std::transform(host.begin(), host.end(), host.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
  return host.ends_with(".localhost") || host.ends_with(".local") || host.ends_with(".internal");
}

}  // namespace sluice::engine
