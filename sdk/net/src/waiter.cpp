// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/waiter.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

namespace sluice::net {

Result<Waker> Waker::make() {
  const int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (fd < 0) {
    return operator_needed(std::string("cannot create an eventfd (") + std::strerror(errno) +
                           "); raise the limit of open files");
  }
  Waker waker;
  waker.fd_ = std::shared_ptr<const int>(new int(fd), [](const int* owned) {
    ::close(*owned);
    delete owned;
  });
  return waker;
}

void Waker::wake() const {
  const uint64_t one = 1;
  // Fails only when the count is full, and then a wake is there already.
  [[maybe_unused]] const ssize_t written = ::write(*fd_, &one, sizeof one);
}

bool Waker::take() const {
  uint64_t count = 0;
  return ::read(*fd_, &count, sizeof count) == sizeof count;
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
