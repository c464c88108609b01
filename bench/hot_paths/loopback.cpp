// SPDX-License-Identifier: Apache-2.0
#include "loopback.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "material.hpp"

namespace sluice::bench {
namespace {

constexpr size_t filled_bytes = 64 * 1024;
constexpr int receive_bytes = 4 * 1024 * 1024;
constexpr int64_t never_ns = std::numeric_limits<int64_t>::max() / 2;
constexpr binance::SessionLimits limits{1024 * 1024, never_ns, never_ns, never_ns};

void require(bool is_so) {
  if (!is_so) std::abort();
}

}  // namespace

Loopback::Loopback(Context context, net::ReadBuffer& buffer) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  net::Address address;
  address.size = sizeof here;
  auto* generic = reinterpret_cast<sockaddr*>(&address.storage);
  require(::bind(listener, reinterpret_cast<const sockaddr*>(&here), sizeof here) == 0);
  require(::listen(listener, 1) == 0 && ::getsockname(listener, generic, &address.size) == 0);
  auto transport = std::make_unique<net::Transport>();
  require(transport->connect(address) != net::Io::failed);
  far_end_ = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  ::close(listener);
  const int on = 1;
  const int room = receive_bytes;
  require(far_end_ >= 0);
  // Nothing is held back, and no window is ever closed.
  require(::setsockopt(far_end_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0);
  require(::setsockopt(transport->fd(), SOL_SOCKET, SO_RCVBUF, &room, sizeof room) == 0);
  pollfd writable{transport->fd(), POLLOUT, 0};
  require(::poll(&writable, 1, -1) == 1 && transport->finish_connect() == net::Io::done);
  buffer.make_room(0);  // as while the connection was made
  session_ = std::make_unique<binance::Session>(context, std::move(transport), buffer, limits, context.monotonic_ns());
}

Loopback::~Loopback() { ::close(far_end_); }

void Loopback::fill() {
  const std::string& bytes = frames_.bytes;
  waiting_ -= session_->take_bytes();
  while (waiting_ < filled_bytes) {
    const size_t size = std::min(filled_bytes - waiting_, bytes.size() - next_);
    const ssize_t sent = ::send(far_end_, bytes.data() + next_, size, 0);
    require(sent > 0);
    next_ = (next_ + static_cast<size_t>(sent)) % bytes.size();
    if (next_ == 0) renew_ids(frames_, ++rounds_);
    waiting_ += static_cast<size_t>(sent);
  }
  for (int there = 0; static_cast<size_t>(there) < waiting_;) {
    pollfd readable{session_->fd(), POLLIN, 0};
    require(::poll(&readable, 1, -1) == 1 && ::ioctl(session_->fd(), FIONREAD, &there) == 0);
  }
  session_->socket_ready();
}

}  // namespace sluice::bench
