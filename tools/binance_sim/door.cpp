// SPDX-License-Identifier: Apache-2.0
#include "door.hpp"

#include <fmt/format.h>

namespace sluice::sim {

using boost::asio::ip::tcp;
using Error = boost::system::error_code;

std::optional<Failure> Door::listen(const std::string& address, std::uint16_t port) {
  Error error;
  tcp::resolver resolver(io_);
  const auto found =
      resolver.resolve(address, std::to_string(port), tcp::resolver::passive | tcp::resolver::numeric_service, error);
  const auto failure = [&](const std::string& why) {
    return Failure{exit_listen, fmt::format("cannot listen on {}:{}: {}", address, port, why)};
  };
  if (error) return failure("no such host; give an address of this machine with --host");
  const tcp::endpoint endpoint = found.begin()->endpoint();
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(boost::asio::socket_base::max_listen_connections, error);
  if (error == boost::asio::error::address_in_use)
    return failure("another program uses this port; choose another with --port, or --port 0 for a free one");
  if (error) return failure(error.message());
  port_ = acceptor_.local_endpoint(error).port();
  return std::nullopt;
}

void Door::accept(std::function<void(Socket)> admit, std::function<void(const std::string&)> log) {
  admit_ = std::move(admit);
  log_ = std::move(log);
  accept_next();
}

void Door::accept_next() {
  acceptor_.async_accept([this](const Error& error, Socket socket) {
    if (!acceptor_.is_open()) return;
    if (!error) {
      admit_(std::move(socket));
      return accept_next();
    }
    log_(fmt::format("cannot accept a connection: {}", error.message()));
    timer_.expires_after(std::chrono::milliseconds(100));
    timer_.async_wait([this](const Error& cancelled) {
      if (!cancelled) accept_next();
    });
  });
}

void Door::close() {
  Error ignored;
  acceptor_.close(ignored);
  timer_.cancel();
}

}  // namespace sluice::sim
