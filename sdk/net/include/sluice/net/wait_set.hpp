// SPDX-License-Identifier: Apache-2.0
// Several sockets behind one descriptor, which is readable when one of them is ready: so who waits for one connection
// waits for many attempts in the same way. A socket that is closed leaves by itself.
#pragma once
#include <memory>

namespace sluice::net {

class WaitSet {
 public:
  WaitSet();
  WaitSet(const WaitSet&) = delete;
  WaitSet& operator=(const WaitSet&) = delete;
  ~WaitSet();
  /// -1: the process has no descriptor left.
  int fd() const { return fd_; }
  /// `events` as of poll; replaces what was watched of this socket before.
  void watch(int socket_fd, short events) const;

 private:
  int fd_;
};

}  // namespace sluice::net
