// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/waiter.hpp"

#include <algorithm>
#include <ctime>
#include <string>
#include <system_error>

namespace sluice::net {

Result<Waker> Waker::make() {
  Waker waker;
  try {
    waker.fd_ = std::make_shared<WakeFd>();
  } catch (const std::system_error& error) {
    return operator_needed("cannot create an eventfd (" + error.code().message() + "); raise the limit of open files");
  }
  return waker;
}

Waited wait_for(const Waker& waker, int socket_fd, short events, int64_t timeout_ns) {
  pollfd fds[2] = {{waker.fd(), POLLIN, 0}, {socket_fd, events, 0}};
  const nfds_t count = socket_fd >= 0 && events != 0 ? 2 : 1;
  const int64_t wait_ns = std::max<int64_t>(timeout_ns, 0);
  const timespec timeout{static_cast<time_t>(wait_ns / 1'000'000'000), static_cast<long>(wait_ns % 1'000'000'000)};
  Waited waited;
  if (ppoll(fds, count, &timeout, nullptr) <= 0) return waited;
  waited.woken = fds[0].revents != 0 && waker.take();
  waited.socket_ready = count == 2 && fds[1].revents != 0;
  return waited;
}

}  // namespace sluice::net
