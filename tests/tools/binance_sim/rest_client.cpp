// SPDX-License-Identifier: Apache-2.0
#include "rest_client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

namespace asio = boost::asio;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;

struct RestClient::Body {
  asio::io_context io;
  asio::ssl::context tls{asio::ssl::context::tls_client};
  tcp::socket plain{io};
  std::unique_ptr<asio::ssl::stream<tcp::socket>> secure;
  boost::beast::flat_buffer buffer;

  template <typename Call>
  void with(Call call) {
    secure ? call(*secure) : call(plain);
  }
};

RestClient::RestClient(std::uint16_t port, const std::string& trusted_pem) : body_(std::make_unique<Body>()) {
  body_->plain.connect({asio::ip::address_v4::loopback(), port});
  if (trusted_pem.empty()) return;
  body_->tls.add_certificate_authority(asio::buffer(trusted_pem));
  body_->tls.set_verify_mode(asio::ssl::verify_peer);
  body_->tls.set_verify_callback(asio::ssl::host_name_verification("localhost"));
  body_->secure = std::make_unique<asio::ssl::stream<tcp::socket>>(std::move(body_->plain), body_->tls);
  body_->secure->handshake(asio::ssl::stream_base::client);
}

RestClient::~RestClient() = default;

HttpReply RestClient::get(const std::string& target, const std::string& time_unit) {
  return send("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" +
              (time_unit.empty() ? "" : "X-MBX-TIME-UNIT: " + time_unit + "\r\n") + "\r\n");
}

HttpReply RestClient::send(const std::string& bytes) {
  boost::beast::error_code error;
  body_->with([&](auto& stream) { asio::write(stream, asio::buffer(bytes), error); });
  return error ? HttpReply{0, "", error.message(), "", 0, false} : read();
}

HttpReply RestClient::read() {
  HttpReply reply;
  boost::beast::error_code error;
  http::response_parser<http::string_body> parser;
  parser.body_limit(16 * 1024 * 1024);
  body_->with([&](auto& stream) { http::read(stream, body_->buffer, parser, error); });
  reply.body = parser.get().body();
  if (error) {
    reply.error = error.message();
    return reply;
  }
  const auto& got = parser.get();
  reply.status = got.result_int();
  reply.retry_after = std::string(got["Retry-After"]);
  const std::string used(got["X-MBX-USED-WEIGHT-1M"]);
  reply.used_weight = used.empty() ? 0 : std::stoull(used);
  reply.keep_alive = got.keep_alive();
  return reply;
}
