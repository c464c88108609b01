// SPDX-License-Identifier: Apache-2.0
#include "client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

namespace {
namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;
using tcp = asio::ip::tcp;
}  // namespace

struct Client::Body {
  asio::io_context io;
  asio::ssl::context tls{asio::ssl::context::tls_client};
  std::unique_ptr<websocket::stream<tcp::socket>> plain;
  std::unique_ptr<websocket::stream<asio::ssl::stream<tcp::socket>>> secure;
  std::size_t pings = 0;

  template <typename Call>
  auto with(Call call) {
    return secure ? call(*secure) : call(*plain);
  }
  tcp::socket& socket() { return secure ? secure->next_layer().next_layer() : plain->next_layer(); }
};

Client::Client(std::uint16_t port, const std::string& target, const std::string& trusted_pem)
    : body_(std::make_unique<Body>()) {
  tcp::socket socket(body_->io);
  socket.connect({asio::ip::address_v4::loopback(), port});
  if (trusted_pem.empty()) {
    body_->plain = std::make_unique<websocket::stream<tcp::socket>>(std::move(socket));
  } else {
    body_->tls.add_certificate_authority(asio::buffer(trusted_pem));
    body_->tls.set_verify_mode(asio::ssl::verify_peer);
    body_->tls.set_verify_callback(asio::ssl::host_name_verification("localhost"));
    body_->secure = std::make_unique<websocket::stream<asio::ssl::stream<tcp::socket>>>(std::move(socket), body_->tls);
    body_->secure->next_layer().handshake(asio::ssl::stream_base::client);
  }
  body_->with([&](auto& stream) {
    stream.control_callback([this](websocket::frame_type type, boost::beast::string_view) {
      if (type == websocket::frame_type::ping) ++body_->pings;
    });
    websocket::response_type response;
    boost::beast::error_code error;
    stream.handshake(response, "localhost", target, error);
    status_ = response.result_int();
  });
}

Client::~Client() = default;

Message Client::read() {
  return body_->with([](auto& stream) {
    boost::beast::flat_buffer buffer;
    boost::beast::error_code error;
    stream.read(buffer, error);
    if (!error) return Message{Message::text, boost::beast::buffers_to_string(buffer.data()), 0};
    if (error == websocket::error::closed) {
      const std::string reason(stream.reason().reason.data(), stream.reason().reason.size());
      return Message{Message::closed, reason, stream.reason().code};
    }
    return Message{Message::failed, error.message(), 0};
  });
}

std::vector<std::string> Client::read_texts(std::size_t count) {
  std::vector<std::string> texts;
  while (texts.size() < count) {
    Message message = read();
    if (message.kind != Message::text) break;
    texts.push_back(std::move(message.payload));
  }
  return texts;
}

Message Client::read_to_end() {
  for (;;) {
    Message message = read();
    if (message.kind != Message::text) return message;
  }
}

void Client::write(const std::string& text) {
  body_->with([&](auto& stream) { stream.write(asio::buffer(text)); });
}

void Client::ping(const std::string& payload) {
  body_->with([&](auto& stream) { stream.ping({payload.data(), payload.size()}); });
}

void Client::pong(const std::string& payload) {
  body_->with([&](auto& stream) { stream.pong({payload.data(), payload.size()}); });
}

void Client::close() {
  body_->with([](auto& stream) {
    boost::beast::error_code ignored;
    stream.close(websocket::close_code::normal, ignored);
  });
}

void Client::drop() {
  body_->socket().set_option(asio::socket_base::linger(true, 0));
  body_->socket().close();
}

std::size_t Client::pings() const { return body_->pings; }

std::string Client::read_raw() {
  char bytes[4096];
  boost::beast::error_code error;
  const std::size_t got = body_->socket().read_some(asio::buffer(bytes), error);
  return error ? std::string() : std::string(bytes, got);
}
