// SPDX-License-Identifier: Apache-2.0
#include "wake_fd.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

namespace sluice::kafka {

Result<std::shared_ptr<WakeFd>> WakeFd::make() {
  const int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (fd < 0) return operator_needed("the kernel refuses an eventfd; raise the limit of open files (ulimit -n)");
  return std::make_shared<WakeFd>(fd);
}

WakeFd::~WakeFd() { ::close(fd_); }

void WakeFd::wake() const {
  constexpr uint64_t one = 1;
  // Fails only when the count is full, and then a wake is there already.
  [[maybe_unused]] const ssize_t written = ::write(fd_, &one, sizeof one);
}

void WakeFd::wait(int64_t timeout_ns) const {
  const int64_t wait_ns = std::max<int64_t>(timeout_ns, 0);
  const timespec timeout{static_cast<time_t>(wait_ns / 1'000'000'000), static_cast<long>(wait_ns % 1'000'000'000)};
  pollfd waited{fd_, POLLIN, 0};
  if (ppoll(&waited, 1, &timeout, nullptr) <= 0) return;
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(fd_, &count, sizeof count);
}

}  // namespace sluice::kafka
