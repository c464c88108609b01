// SPDX-License-Identifier: Apache-2.0
// One accepted connection as a stream of bytes, in the clear or under TLS.
// All of it runs on one thread; a handler is never called from within the call that takes it.
// Knows nothing of websockets. Closing in its three ways (orderly, without close_notify, reset) is told apart here.
#pragma once
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <functional>
#include <memory>

namespace sluice::sim {

class Transport {
 public:
  using Error = boost::system::error_code;
  using Handler = std::function<void(const Error&, std::size_t)>;
  virtual ~Transport() = default;

  virtual void handshake(std::function<void(const Error&)> handler) = 0;
  virtual void read_some(boost::asio::mutable_buffer into, Handler handler) = 0;
  virtual void write_some(boost::asio::const_buffer from, Handler handler) = 0;
  // Under TLS sends close_notify first; then FIN. The socket stays open for the client's answer.
  virtual void finish(std::function<void()> handler) = 0;
  virtual boost::asio::ip::tcp::socket& socket() = 0;

  // FIN without another word.
  void half_close();
  // RST; what the kernel has not sent is lost.
  void reset();
  void close();
  // Bytes that the client's kernel has not acknowledged.
  std::size_t unacknowledged();
};

std::unique_ptr<Transport> make_plain_transport(boost::asio::ip::tcp::socket socket);
std::unique_ptr<Transport> make_tls_transport(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context& context);

}  // namespace sluice::sim
