// SPDX-License-Identifier: Apache-2.0
#include "proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>

namespace timescale_test {
namespace {

sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool write_all(int to, const char* data, ssize_t size) {
  while (size > 0) {
    const ssize_t written = ::send(to, data, static_cast<size_t>(size), MSG_NOSIGNAL);
    if (written <= 0) return false;
    data += written;
    size -= written;
  }
  return true;
}

}  // namespace

Proxy::Proxy(std::string host, uint16_t port) : host_(std::move(host)), server_port_(port) {
  listen_again();
  thread_ = std::thread([this] { run(); });
}

Proxy::~Proxy() {
  ended_ = true;
  thread_.join();
  end_all();
  for (const int each : left_) ::close(each);
  if (listener_ >= 0) ::close(listener_);
}

void Proxy::listen_again() {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address = loopback(port_);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 16) != 0) {
    throw std::runtime_error("the proxy cannot listen");
  }
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
}

void Proxy::run() {
  while (!ended_) {
    if (refusing_ && listener_ >= 0) {
      ::close(listener_);
      listener_ = -1;
      end_all();
    } else if (!refusing_ && listener_ < 0) {
      listen_again();
    }
    if (cuts_done_ != cuts_) {
      cuts_done_ = cuts_;
      end_all();
    }
    std::vector<pollfd> watched{{listener_, POLLIN, 0}};
    for (const Pair& pair : pairs_) {
      watched.push_back({frozen_ ? -1 : pair.client, POLLIN, 0});
      watched.push_back({frozen_ ? -1 : pair.server, POLLIN, 0});
    }
    // The test's wishes are looked at this often.
    if (::poll(watched.data(), watched.size(), 2) <= 0) continue;
    size_t at = 1;
    for (auto pair = pairs_.begin(); pair != pairs_.end(); at += 2) {
      const bool ready = watched[at].revents != 0 || watched[at + 1].revents != 0;
      if (!ready || pass(*pair)) {
        ++pair;
        continue;
      }
      ::close(pair->client);
      if (pair->server >= 0) ::close(pair->server);
      pair = pairs_.erase(pair);
    }
    if (watched[0].revents != 0) accept_one();
  }
}

void Proxy::accept_one() {
  const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (client < 0) return;
  accepted_ += 1;
  const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(server_port_);
  ::inet_pton(AF_INET, host_.c_str(), &address.sin_addr);
  if (::connect(server, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    ::close(client);
    ::close(server);
    return;
  }
  pairs_.push_back({client, server});
}

bool Proxy::pass(Pair& pair) {
  char bytes[65536];
  const ssize_t answered = ::recv(pair.server, bytes, sizeof bytes, MSG_DONTWAIT);
  if (answered > 0 && cut_at_answer_ > 0 && --cut_at_answer_ == 0) return false;
  if (answered > 0) pair.asked = 0;
  if (answered == 0 || (answered > 0 && !write_all(pair.client, bytes, answered))) return false;
  const ssize_t asked = ::recv(pair.client, bytes, sizeof bytes, MSG_DONTWAIT);
  pair.asked += std::max<ssize_t>(asked, 0);
  if (leaving_ && leave(pair, bytes, asked)) return false;
  return asked != 0 && (asked < 0 || write_all(pair.server, bytes, asked));
}

/// A statement ends with Sync, a COPY with CopyDone, each of five bytes.
bool Proxy::leave(Pair& pair, const char* bytes, ssize_t size) {
  constexpr std::string_view length{"\0\0\0\4", 4};
  if (pair.asked <= 1000 || size < 5) return false;
  const std::string_view end(bytes + size - 5, 5);
  if ((end[0] != 'S' && end[0] != 'c') || end.substr(1) != length) return false;
  write_all(pair.server, bytes, size - 5);
  left_.push_back(pair.server);
  pair.server = -1;
  if (refusing_after_left_) refusing_ = true;
  leaving_ = false;
  return true;
}

void Proxy::end_all() {
  for (const Pair& pair : pairs_) {
    ::close(pair.client);
    ::close(pair.server);
  }
  pairs_.clear();
}

}  // namespace timescale_test
