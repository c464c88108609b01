// SPDX-License-Identifier: Apache-2.0
// Host names to addresses without blocking: an address literal is answered at once, a name by a thread of its own,
// which wakes the waker when it has an answer. Each address occurs once, and one of IPv4 in the form of IPv6 is IPv4's.
// Giving up is free: the thread finishes alone, as getaddrinfo cannot be interrupted, and its answer is thrown away.
#pragma once
#include <netdb.h>
#include <sys/socket.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sluice/net/waiter.hpp"

namespace sluice::net {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  std::string text() const;       ///< 127.0.0.1:9443 or [::1]:9443
  std::string host_text() const;  ///< 127.0.0.1 or ::1
  bool is_ipv6() const { return storage.ss_family == AF_INET6; }
};

struct Found {
  std::vector<Address> addresses;
  std::string error;  ///< empty: there are addresses
};

/// Of an address literal; no address when it is none.
Found read_address(const std::string& host, uint16_t port);
/// Asks the system's resolver, and blocks meanwhile.
Found ask_system(const std::string& host, uint16_t port);
/// Any thread.
using LookUp = std::function<Found(const std::string& host, uint16_t port)>;

class Resolver {
 public:
  void start(const std::string& host, uint16_t port, const Waker& waker, const LookUp& look_up = ask_system);
  void forget() { job_.reset(); }
  /// True once an answer or an error is there.
  bool done() const;
  /// Of a done resolver.
  const Found& found() const;

 private:
  struct Job;
  std::shared_ptr<Job> job_;
};

}  // namespace sluice::net
