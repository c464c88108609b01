// SPDX-License-Identifier: Apache-2.0
// What the tests of the way to a server share: a name with the addresses that a test gives it, servers at several
// loopback addresses of one port, and a dial that is driven to its end. The clock runs; a test may let it leap.
#pragma once
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch.hpp"
#include "endpoint_of.hpp"
#include "loopback/server.hpp"
#include "sluice/net/lone_host.hpp"
#include "sluice/net/websocket_dialer.hpp"

namespace sluice::net::test {

constexpr int64_t second_ns = 1'000'000'000;

/// A resolver that answers every name with these, in this order.
inline LookUp answers(std::vector<std::string> hosts) {
  return [hosts](const std::string&, uint16_t port) {
    Found found;
    for (const std::string& host : hosts) found.addresses.push_back(read_address(host, port).addresses.at(0));
    return found;
  };
}

inline Route route_to(const std::string& url, std::vector<std::string> hosts) {
  Route route;
  route.endpoint = *endpoint_of(url);
  route.target = "/stream?streams=btcusdt@trade";
  route.time_limit_ns = 3600 * second_ns;
  route.time_limit_option = "connect_deadline";
  route.look_up = answers(std::move(hosts));
  return route;
}

/// One dial with the memory of those before it.
class Dial {
 public:
  Dial(const Route& route, AddressMemory& memory) : buffer_(context_), dialer_(context_, route, memory, waker_) {
    dialer_.start(now_ns());
  }
  /// Until it has ended.
  bool opens() {
    return opens([] { return false; });
  }
  /// Lets the clock leap once, when `leap` says so.
  template <typename Leap>
  bool opens(Leap&& leap, int64_t by_ns = 0) {
    for (;;) {
      const WebsocketDialer::Progress progress = dialer_.step(now_ns(), buffer_);
      if (progress != WebsocketDialer::Progress::working) return progress == WebsocketDialer::Progress::open;
      if (leap_ns_ == 0 && leap()) leap_ns_ = by_ns;
      wait_for(waker_, dialer_.fd(), dialer_.events(), std::min(dialer_.deadline_ns() - now_ns(), second_ns / 50));
    }
  }
  WebsocketDialer& dialer() { return dialer_; }
  const Loss& loss() const { return dialer_.loss(); }
  std::string peer() const {
    const std::string peer = dialer_.peer();
    return peer.substr(0, peer.rfind(':'));
  }

 private:
  int64_t now_ns() const { return context_.monotonic_ns() + leap_ns_; }

  Context context_ = lone_context();
  Waker waker_ = *Waker::make();
  ReadBuffer buffer_;
  WebsocketDialer dialer_;
  int64_t leap_ns_ = 0;
};

/// An address that swallows what is sent to it: the queue of its listener is full.
class Swallower {
 public:
  Swallower(const std::string& host, uint16_t port) {
    address_.sin_family = AF_INET;
    address_.sin_port = htons(port);
    ::inet_pton(AF_INET, host.c_str(), &address_.sin_addr);
    const int listener = make_socket();
    const int on = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (::bind(listener, generic(), sizeof address_) != 0 || ::listen(listener, 0) != 0) {
      throw std::runtime_error("no listener at " + host);
    }
    for (int i = 0; i < 3; ++i) ::connect(make_socket(), generic(), sizeof address_);
  }
  Swallower(const Swallower&) = delete;
  Swallower& operator=(const Swallower&) = delete;
  ~Swallower() {
    for (const int fd : sockets_) ::close(fd);
  }

 private:
  int make_socket() {
    sockets_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    return sockets_.back();
  }
  sockaddr* generic() { return reinterpret_cast<sockaddr*>(&address_); }
  sockaddr_in address_{};
  std::vector<int> sockets_;
};

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// What is open, by number and by what it is; without the look at it. A number that is used again is another entry.
inline std::set<std::string> open_descriptors() {
  std::set<std::string> open;
  for (const auto& each : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    const std::string what = std::filesystem::read_symlink(each.path(), gone);
    if (!gone && what.rfind("/proc/", 0) != 0) open.insert(each.path().filename().string() + " " + what);
  }
  return open;
}

/// Scripts of connections.
inline void serve(int, Client& client) {
  client.upgrade();
  client.wait_for_end();
}
inline Server::Script refuses_with(const std::string& status_and_fields) {
  return [status_and_fields](int, Client& client) {
    client.read_request();
    client.send("HTTP/1.1 " + status_and_fields + "\r\nContent-Length: 0\r\n\r\n");
    client.wait_for_end();
  };
}
inline void be_mute(int, Client& client) { client.wait_for_end(); }

}  // namespace sluice::net::test
