// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/url.hpp"

#include <algorithm>

#include "sluice/safe_text.hpp"

namespace sluice::net {
namespace {

bool unreserved(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~@!").find(static_cast<char>(c)) != std::string_view::npos;
}

}  // namespace

Result<Endpoint> parse_url(std::string_view url, Protocol protocol, std::string_view example) {
  const auto wrong = [&](const std::string& why) {
    return operator_needed("the url '" + safe_text(without_user_info(url)) + "' " + why + "; write it as " +
                           std::string(example));
  };
  const std::string plain = protocol == Protocol::websocket ? "ws" : "http";
  Endpoint endpoint;
  endpoint.protocol = protocol;
  const size_t colon = url.find("://");
  const std::string scheme = ascii_lower(url.substr(0, colon));
  if (colon == std::string_view::npos || (scheme != plain + "s" && scheme != plain)) {
    return wrong("does not begin with " + plain + "s:// or " + plain + "://");
  }
  endpoint.tls = scheme != plain;
  std::string_view rest = url.substr(colon + 3);
  if (!std::all_of(rest.begin(), rest.end(), [](char c) { return c > ' ' && c < 0x7f; })) {
    return wrong("holds a blank or a character outside of ASCII");
  }
  if (rest.find('#') != std::string_view::npos) return wrong("has a fragment, which no server ever sees");
  const size_t authority_end = rest.find_first_of("/?");
  const uint16_t usual_port = endpoint.tls ? 443 : 80;
  const std::string why = read_authority(rest.substr(0, authority_end), usual_port, endpoint);
  if (!why.empty()) return wrong(why);
  if (endpoint.has_user_info) return wrong("has a user name, which is not sent");
  endpoint.host_header = endpoint.text(usual_port);

  rest.remove_prefix(std::min(authority_end, rest.size()));
  const size_t question = rest.find('?');
  endpoint.path = rest.substr(0, question);
  if (question != std::string_view::npos) endpoint.query = rest.substr(question + 1);
  return endpoint;
}

std::string percent_encode(std::string_view text) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (unreserved(byte)) {
      out += c;
    } else {
      out += '%';
      out += digits[byte >> 4];
      out += digits[byte & 15];
    }
  }
  return out;
}

}  // namespace sluice::net
