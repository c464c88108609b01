// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/wait_set.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

namespace sluice::net {

WaitSet::WaitSet() : fd_(::epoll_create1(EPOLL_CLOEXEC)) {}

WaitSet::~WaitSet() {
  if (fd_ >= 0) ::close(fd_);
}

void WaitSet::watch(int socket_fd, short events) const {
  epoll_event event{};
  event.events = ((events & POLLIN) != 0 ? EPOLLIN : 0U) | ((events & POLLOUT) != 0 ? EPOLLOUT : 0U);
  event.data.fd = socket_fd;
  if (::epoll_ctl(fd_, EPOLL_CTL_MOD, socket_fd, &event) != 0) ::epoll_ctl(fd_, EPOLL_CTL_ADD, socket_fd, &event);
}

}  // namespace sluice::net
