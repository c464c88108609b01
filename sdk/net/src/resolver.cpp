// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/resolver.hpp"

#include <netinet/in.h>
#include <strings.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <thread>

namespace sluice::net {
namespace {

/// ::ffff:127.0.0.1 is 127.0.0.1: certificates name it so, and one address is not to be tried twice.
Address plain_form(const addrinfo& from) {
  Address address;
  std::memcpy(&address.storage, from.ai_addr, from.ai_addrlen);
  address.size = from.ai_addrlen;
  if (!address.is_ipv6()) return address;
  sockaddr_in6 six{};
  std::memcpy(&six, from.ai_addr, sizeof six);
  if (!IN6_IS_ADDR_V4MAPPED(&six.sin6_addr)) return address;
  sockaddr_in four{};
  four.sin_family = AF_INET;
  four.sin_port = six.sin6_port;
  std::memcpy(&four.sin_addr, six.sin6_addr.s6_addr + 12, 4);
  Address mapped;
  std::memcpy(&mapped.storage, &four, sizeof four);
  mapped.size = sizeof four;
  return mapped;
}

void add(const addrinfo& from, std::vector<Address>& addresses) {
  const Address address = plain_form(from);
  const bool known = std::any_of(addresses.begin(), addresses.end(),
                                 [&](const Address& other) { return other.text() == address.text(); });
  if (!known) addresses.push_back(address);
}

Found look_up(const std::string& host, uint16_t port, int flags) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | flags;
  addrinfo* list = nullptr;
  const int failure = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  const int system_error = errno;
  Found found;
  if (failure != 0) {
    found.error = failure == EAI_SYSTEM ? std::strerror(system_error) : gai_strerror(failure);
    return found;
  }
  for (const addrinfo* each = list; each != nullptr; each = each->ai_next) {
    if (each->ai_family == AF_INET || each->ai_family == AF_INET6) add(*each, found.addresses);
  }
  freeaddrinfo(list);
  if (found.addresses.empty()) found.error = "it has no address";
  return found;
}

}  // namespace

struct Resolver::Job {
  Found found;
  std::atomic<bool> done{false};

  void finish(Found what) {
    found = std::move(what);
    done.store(true, std::memory_order_release);
  }
};

std::string Address::host_text() const {
  char host[NI_MAXHOST] = "?";
  getnameinfo(reinterpret_cast<const sockaddr*>(&storage), size, host, sizeof host, nullptr, 0, NI_NUMERICHOST);
  return host;
}

std::string Address::text() const {
  char port[NI_MAXSERV] = "?";
  getnameinfo(reinterpret_cast<const sockaddr*>(&storage), size, nullptr, 0, port, sizeof port, NI_NUMERICSERV);
  return (is_ipv6() ? "[" + host_text() + "]:" : host_text() + ":") + port;
}

Found read_address(const std::string& host, uint16_t port) { return look_up(host, port, AI_NUMERICHOST); }
Found ask_system(const std::string& host, uint16_t port) { return look_up(host, port, AI_ADDRCONFIG); }

void Resolver::start(const std::string& host, uint16_t port, const Waker& waker, const LookUp& look_up) {
  job_ = std::make_shared<Job>();
  // RFC 6761, 6.3: localhost is the loopback address, and no resolver need be asked; small systems have no /etc/hosts.
  if (strcasecmp(host.c_str(), "localhost") == 0 || strcasecmp(host.c_str(), "localhost.") == 0) {
    Found loopback = read_address("127.0.0.1", port);
    for (const Address& six : read_address("::1", port).addresses) loopback.addresses.push_back(six);
    job_->finish(std::move(loopback));
    return;
  }
  if (Found literal = read_address(host, port); literal.error.empty()) {
    job_->finish(std::move(literal));
    return;
  }
  try {
    std::thread([job = job_, waker, look_up, host, port] {
      job->finish(look_up(host, port));
      waker.wake();
    }).detach();
  } catch (const std::system_error&) {
    job_->finish({{}, "no thread could be started to resolve it"});
  }
}

bool Resolver::done() const { return job_ != nullptr && job_->done.load(std::memory_order_acquire); }
const Found& Resolver::found() const { return job_->found; }

}  // namespace sluice::net
