// SPDX-License-Identifier: Apache-2.0
// A flag that poll(2) can wait for: set from any thread, cleared by the one that waits. Owns its descriptor.
#pragma once
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

namespace sluice::timescale {

class EventFd {
 public:
  EventFd() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  }
  EventFd(const EventFd&) = delete;
  EventFd& operator=(const EventFd&) = delete;
  ~EventFd() { ::close(fd_); }
  int get() const { return fd_; }
  void set() const {
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(fd_, &one, sizeof one);
  }
  void clear() const {
    uint64_t count = 0;
    [[maybe_unused]] const ssize_t taken = ::read(fd_, &count, sizeof count);
  }

 private:
  int fd_;
};

}  // namespace sluice::timescale
