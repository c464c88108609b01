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

std::optional<UpgradeRequest> parse_upgrade(std::string_view head) {
  http::request_parser<http::empty_body> parser;
  boost::beast::error_code error;
  parser.put(boost::asio::buffer(head.data(), head.size()), error);
  if (error || !parser.is_header_done()) return std::nullopt;
  const auto& request = parser.get();
  UpgradeRequest upgrade;
  upgrade.is_upgrade = boost::beast::websocket::is_upgrade(request) && request["Sec-WebSocket-Version"] == "13";
  upgrade.target = std::string(request.target());
  upgrade.key = std::string(request["Sec-WebSocket-Key"]);
  if (upgrade.key.empty()) upgrade.is_upgrade = false;
  return upgrade;
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

std::string refusal_response(unsigned status, std::string_view sentence) {
  const auto reason = http::obsolete_reason(static_cast<http::status>(status));
  return fmt::format(
      "HTTP/1.1 {} {}\r\nContent-Type: text/plain\r\nConnection: close\r\n{}Content-Length: {}\r\n\r\n{}\n", status,
      std::string_view(reason.data(), reason.size()), status == 429 ? "Retry-After: 5\r\n" : "", sentence.size() + 1,
      sentence);
}

}  // namespace sluice::sim
