// SPDX-License-Identifier: Apache-2.0
#include "resolver.hpp"

#include <strings.h>

#include <atomic>
#include <cstring>
#include <system_error>
#include <thread>

namespace sluice::binance {

struct Resolver::Job {
  std::string host;
  std::string port;
  std::vector<Address> addresses;
  std::string error;
  std::atomic<bool> done{false};

  int look_up(int flags) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV | flags;
    addrinfo* found = nullptr;
    const int failure = getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
    if (failure != 0) return failure;
    for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
      Address address;
      std::memcpy(&address.storage, each->ai_addr, each->ai_addrlen);
      address.size = each->ai_addrlen;
      addresses.push_back(address);
    }
    freeaddrinfo(found);
    return 0;
  }

  void finish(int failure) {
    if (failure != 0) error = gai_strerror(failure);
    done.store(true, std::memory_order_release);
  }
};

std::string Address::text() const {
  char host[NI_MAXHOST] = "?";
  char port[NI_MAXSERV] = "?";
  getnameinfo(reinterpret_cast<const sockaddr*>(&storage), size, host, sizeof host, port, sizeof port,
              NI_NUMERICHOST | NI_NUMERICSERV);
  return storage.ss_family == AF_INET6 ? "[" + std::string(host) + "]:" + port : std::string(host) + ":" + port;
}

void Resolver::start(const std::string& host, uint16_t port, const Waker& waker) {
  job_ = std::make_shared<Job>();
  job_->host = host;
  job_->port = std::to_string(port);
  // RFC 6761, 6.3: localhost is the loopback address, and no resolver need be asked; small systems have no /etc/hosts.
  const bool is_loopback = strcasecmp(host.c_str(), "localhost") == 0;
  if (is_loopback) {
    for (const char* address : {"127.0.0.1", "::1"}) {
      job_->host = address;
      job_->look_up(AI_NUMERICHOST);
    }
  }
  if (is_loopback || job_->look_up(AI_NUMERICHOST) == 0) {
    job_->finish(0);
    return;
  }
  try {
    std::thread([job = job_, waker] {
      job->finish(job->look_up(AI_ADDRCONFIG));
      waker.wake();
    }).detach();
  } catch (const std::system_error&) {
    job_->finish(EAI_AGAIN);
  }
}

bool Resolver::done() const { return job_ != nullptr && job_->done.load(std::memory_order_acquire); }
const std::vector<Address>& Resolver::addresses() const { return job_->addresses; }
const std::string& Resolver::error() const { return job_->error; }

}  // namespace sluice::binance
