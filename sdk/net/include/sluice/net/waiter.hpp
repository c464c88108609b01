// SPDX-License-Identifier: Apache-2.0
// Where a poll waits: for one socket, for a wake from any thread, or for a time. A wake that comes while nobody waits
// is kept for the next wait. Copies share one wake, so a helper thread may hold it past its owner's end.
#pragma once
#include <poll.h>

#include <cstdint>
#include <memory>
#include <span>

#include "sluice/result.hpp"
#include "sluice/wake_fd.hpp"

namespace sluice::net {

class Waker {
 public:
  static Result<Waker> make();
  /// Any thread.
  void wake() const { fd_->wake(); }
  /// Takes a wake that is there; false when there is none.
  bool take() const { return fd_->take(); }
  int fd() const { return fd_->fd(); }

 private:
  std::shared_ptr<const WakeFd> fd_;
};

struct Waited {
  bool woken = false;
  bool socket_ready = false;  ///< or in error, which the next read or write will tell
};

/// `socket_fd` is left out when it is -1 or `events` is 0. Waits at most `timeout_ns`; 0 or less: only looks.
Waited wait_for(const Waker& waker, int socket_fd, short events, int64_t timeout_ns);

/// The same for several sockets: `fds` begins with one that belongs to the waker, and each socket's `revents` is set.
Waited wait_for(const Waker& waker, std::span<pollfd> fds, int64_t timeout_ns);

}  // namespace sluice::net
