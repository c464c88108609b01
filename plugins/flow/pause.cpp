// SPDX-License-Identifier: Apache-2.0
#include "pause.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <system_error>

namespace sluice::flow {

Pause::Pause() : event_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (event_ < 0) throw std::system_error(errno, std::generic_category(), "no eventfd; raise the limit of open files");
}

Pause::~Pause() { ::close(event_); }

void Pause::until(const Context& context, int64_t monotonic_ns, int readable) {
  const int64_t left_ns = std::max<int64_t>(monotonic_ns - context.monotonic_ns(), 0);
  const timespec left{static_cast<time_t>(left_ns / 1'000'000'000), static_cast<long>(left_ns % 1'000'000'000)};
  // A descriptor of -1 is left out.
  pollfd waiting[] = {{event_, POLLIN, 0}, {readable, POLLIN, 0}};
  ::ppoll(waiting, 2, &left, nullptr);
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(event_, &count, sizeof count);
}

void Pause::wake() {
  const uint64_t one = 1;
  // Fails only when the count is full, and then a wake is there.
  [[maybe_unused]] const ssize_t written = ::write(event_, &one, sizeof one);
}

}  // namespace sluice::flow
