// SPDX-License-Identifier: Apache-2.0
#include "transport.hpp"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>

namespace sluice::sim {
namespace {

using boost::asio::ip::tcp;

class PlainTransport final : public Transport {
 public:
  explicit PlainTransport(tcp::socket socket) : socket_(std::move(socket)) {}
  void handshake(std::function<void(const Error&)> handler) override {
    boost::asio::post(socket_.get_executor(), [handler = std::move(handler)] { handler(Error()); });
  }
  void read_some(boost::asio::mutable_buffer into, Handler handler) override {
    socket_.async_read_some(into, std::move(handler));
  }
  void write_some(boost::asio::const_buffer from, Handler handler) override {
    socket_.async_write_some(from, std::move(handler));
  }
  void finish(std::function<void()> handler) override {
    half_close();
    boost::asio::post(socket_.get_executor(), std::move(handler));
  }
  tcp::socket& socket() override { return socket_; }

 private:
  tcp::socket socket_;
};

class TlsTransport final : public Transport {
 public:
  TlsTransport(tcp::socket socket, boost::asio::ssl::context& context) : stream_(std::move(socket), context) {}
  void handshake(std::function<void(const Error&)> handler) override {
    stream_.async_handshake(boost::asio::ssl::stream_base::server, std::move(handler));
  }
  void read_some(boost::asio::mutable_buffer into, Handler handler) override {
    stream_.async_read_some(into, std::move(handler));
  }
  void write_some(boost::asio::const_buffer from, Handler handler) override {
    stream_.async_write_some(from, std::move(handler));
  }
  void finish(std::function<void()> handler) override {
    // Waits for the client's close_notify; who calls has a deadline.
    stream_.async_shutdown([this, handler = std::move(handler)](const Error&) {
      half_close();
      handler();
    });
  }
  tcp::socket& socket() override { return stream_.next_layer(); }

 private:
  boost::asio::ssl::stream<tcp::socket> stream_;
};

}  // namespace

void Transport::half_close() {
  Error ignored;
  socket().shutdown(tcp::socket::shutdown_send, ignored);
}

void Transport::reset() {
  Error ignored;
  socket().set_option(boost::asio::socket_base::linger(true, 0), ignored);
  socket().close(ignored);
}

void Transport::close() {
  Error ignored;
  socket().close(ignored);
}

std::size_t Transport::unacknowledged() {
  int bytes = 0;
  if (!socket().is_open() || ::ioctl(socket().native_handle(), SIOCOUTQ, &bytes) != 0 || bytes < 0) return 0;
  return static_cast<std::size_t>(bytes);
}

std::unique_ptr<Transport> make_plain_transport(tcp::socket socket) {
  return std::make_unique<PlainTransport>(std::move(socket));
}

std::unique_ptr<Transport> make_tls_transport(tcp::socket socket, boost::asio::ssl::context& context) {
  return std::make_unique<TlsTransport>(std::move(socket), context);
}

}  // namespace sluice::sim
