// SPDX-License-Identifier: Apache-2.0
// One address that clients connect to: a host of the exchange. All hosts have the same market; each has a delay.
// Hands over every socket that it accepts. Knows whether the host is away; who serves it acts on that.
// Runs on the server's thread; never reads a byte.
#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "feed.hpp"
#include "outcome.hpp"

namespace sluice::sim {

// What a connection knows of the host that it came to.
struct Host {
  unsigned number = 1;
  Time::duration delay{};  // of each event, from the market to the connection
};

class Door {
 public:
  using Socket = boost::asio::ip::tcp::socket;

  Door(boost::asio::io_context& io, const Host& host) : io_(io), acceptor_(io), timer_(io), host_(host) {}

  std::optional<Failure> listen(const std::string& address, std::uint16_t port);
  void accept(std::function<void(Socket)> admit, std::function<void(const std::string&)> log);
  void go_away(Time until) { away_until_ = until; }
  bool is_away(Time now) const { return now < away_until_; }
  void close();

  const Host& host() const { return host_; }
  std::uint16_t port() const { return port_; }

 private:
  void accept_next();

  boost::asio::io_context& io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer timer_;
  Host host_;
  std::uint16_t port_ = 0;
  Time away_until_{};
  std::function<void(Socket)> admit_;
  std::function<void(const std::string&)> log_;
};

}  // namespace sluice::sim
