// SPDX-License-Identifier: Apache-2.0
// What a thread sleeps on that waits for descriptors: any thread ends the sleep by wake(). A wake that comes while
// nobody waits ends the next wait. Owns its descriptor (an eventfd), so whoever gives that to a library outlives its
// use.
#pragma once
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <system_error>

namespace sluice {
inline namespace v1 {

class WakeFd {
 public:
  /// Throws std::system_error when no descriptor is left, which the host reports as a limit that a person must raise.
  WakeFd() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  }
  WakeFd(const WakeFd&) = delete;
  WakeFd& operator=(const WakeFd&) = delete;
  ~WakeFd() { ::close(fd_); }

  /// Readable while a wake is there.
  int fd() const { return fd_; }
  /// Any thread.
  void wake() const {
    const uint64_t one = 1;
    // Fails only when the count is full, and then a wake is there.
    [[maybe_unused]] const ssize_t written = ::write(fd_, &one, sizeof one);
  }
  /// Takes the wakes that are there; false when there is none.
  bool take() const {
    uint64_t count = 0;
    return ::read(fd_, &count, sizeof count) == sizeof count;
  }
  /// Until a wake, which is taken, until `readable` can be read or has ended, or for `longest`. -1: no descriptor. A
  /// time of 0 or less only looks. Waits once: a signal ends it early.
  void wait_for(std::chrono::nanoseconds longest, int readable = -1) const {
    const int64_t ns = std::max<int64_t>(longest.count(), 0);
    const timespec time{static_cast<time_t>(ns / 1'000'000'000), static_cast<long>(ns % 1'000'000'000)};
    pollfd waiting[] = {{fd_, POLLIN, 0}, {readable, POLLIN, 0}};
    if (::ppoll(waiting, 2, &time, nullptr) > 0 && waiting[0].revents != 0) take();
  }

 private:
  const int fd_;
};

}  // namespace v1
}  // namespace sluice
