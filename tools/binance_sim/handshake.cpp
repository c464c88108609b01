// SPDX-License-Identifier: Apache-2.0
#include "handshake.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

namespace sluice::sim {

namespace http = boost::beast::http;

std::optional<Request> parse_request(std::string_view head) {
  http::request_parser<http::empty_body> parser;
  boost::beast::error_code error;
  parser.put(boost::asio::buffer(head.data(), head.size()), error);
  if (error || !parser.is_header_done()) return std::nullopt;
  const auto& parsed = parser.get();
  Request request;
  request.method = std::string(parsed.method_string());
  request.target = std::string(parsed.target());
  request.key = std::string(parsed["Sec-WebSocket-Key"]);
  request.is_upgrade =
      boost::beast::websocket::is_upgrade(parsed) && parsed["Sec-WebSocket-Version"] == "13" && !request.key.empty();
  request.time_unit = std::string(parsed["X-MBX-TIME-UNIT"]);
  request.keep_alive = parsed.keep_alive();
  request.has_body = parser.chunked() || parser.content_length().value_or(0) > 0;
  return request;
}

std::string upgrade_response(std::string_view key) {
  const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha1(), nullptr);
  unsigned char base64[64];
  const int length = EVP_EncodeBlock(base64, digest, static_cast<int>(size));
  return fmt::format(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
      "{}\r\n\r\n",
      std::string_view(reinterpret_cast<const char*>(base64), static_cast<std::size_t>(length)));
}

std::string_view status_reason(unsigned status) {
  if (status == 418) return "I'm a teapot";
  const auto reason = http::obsolete_reason(static_cast<http::status>(status));
  return {reason.data(), reason.size()};
}

std::string refusal_response(unsigned status, std::string_view sentence) {
  return fmt::format(
      "HTTP/1.1 {} {}\r\nContent-Type: text/plain\r\nConnection: close\r\n{}Content-Length: {}\r\n\r\n{}\n", status,
      status_reason(status), status == 429 ? "Retry-After: 5\r\n" : "", sentence.size() + 1, sentence);
}

}  // namespace sluice::sim
