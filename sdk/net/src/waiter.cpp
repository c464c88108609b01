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
  pollfd fds[2] = {{-1, 0, 0}, {socket_fd, events, 0}};
  return wait_for(waker, std::span(fds, socket_fd >= 0 && events != 0 ? 2 : 1), timeout_ns);
}

Waited wait_for(const Waker& waker, std::span<pollfd> fds, int64_t timeout_ns) {
  fds[0] = {waker.fd(), POLLIN, 0};
  const int64_t wait_ns = std::max<int64_t>(timeout_ns, 0);
  const timespec timeout{static_cast<time_t>(wait_ns / 1'000'000'000), static_cast<long>(wait_ns % 1'000'000'000)};
  Waited waited;
  if (ppoll(fds.data(), fds.size(), &timeout, nullptr) <= 0) return waited;
  waited.woken = fds[0].revents != 0 && waker.take();
  waited.socket_ready = std::any_of(fds.begin() + 1, fds.end(), [](const pollfd& each) { return each.revents != 0; });
  return waited;
}

}  // namespace sluice::net
