// SPDX-License-Identifier: Apache-2.0
// Host names to addresses without blocking: an address literal is answered at once, a name by a thread of its own,
// which wakes the waker when it has an answer. Giving up is free: the thread finishes alone, as getaddrinfo cannot be
// interrupted, and its answer is thrown away.
#pragma once
#include <netdb.h>
#include <sys/socket.h>

#include <memory>
#include <string>
#include <vector>

#include "waiter.hpp"

namespace sluice::binance {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  std::string text() const;  ///< 127.0.0.1:9443 or [::1]:9443
};

class Resolver {
 public:
  void start(const std::string& host, uint16_t port, const Waker& waker);
  void forget() { job_.reset(); }
  /// True once an answer or an error is there.
  bool done() const;
  /// Of a done resolver.
  const std::vector<Address>& addresses() const;
  const std::string& error() const;

 private:
  struct Job;
  std::shared_ptr<Job> job_;
};

}  // namespace sluice::binance
