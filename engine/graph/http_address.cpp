// SPDX-License-Identifier: Apache-2.0
#include "http_address.hpp"

#include <algorithm>
#include <charconv>

#include "secret_words.hpp"

namespace sluice::engine {
namespace {

constexpr std::size_t longest_host = 253;

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}
bool is_ipv6_character(char c) {
  return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || (c >= '0' && c <= '9') || c == ':' || c == '.';
}

ParseProblem malformed(std::string_view text, const std::string& why) {
  return {Code::wrong_type,
          "http is an address such as \"127.0.0.1:8081\" or \"[::1]:8081\", and " + quoted(text) + " " + why};
}

}  // namespace

std::string HttpAddress::text() const {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Parsed<HttpAddress> parse_http_address(std::string_view text) {
  if (text.find("://") != std::string_view::npos)
    return malformed(text, "is a URL: leave out what comes before the host");
  const std::size_t colon = text.rfind(':');
  const bool is_bracketed = text.starts_with('[');
  const std::size_t closing = text.find(']');
  if (is_bracketed && (closing == std::string_view::npos || closing + 1 != colon)) {
    return malformed(text, "has no port behind the closing bracket");
  }
  if (colon == std::string_view::npos) return malformed(text, "has no port");
  std::string_view host = text.substr(0, colon);
  if (is_bracketed) host = host.substr(1, host.size() - 2);
  const std::string_view port = text.substr(colon + 1);
  if (host.empty()) return malformed(text, "names no host; 0.0.0.0 serves on every address of the machine");
  if (!is_bracketed && host.find(':') != std::string_view::npos) {
    return malformed(text, "needs brackets around its IPv6 address");
  }
  // Behind a % stands the name of an interface.
  const std::string_view number_part = host.substr(0, is_bracketed ? host.find('%') : 0);
  const std::string_view name_part =
      host.substr(std::min(host.size(), number_part.empty() ? 0 : number_part.size() + 1));
  const bool is_host = std::all_of(number_part.begin(), number_part.end(), is_ipv6_character) &&
                       std::all_of(name_part.begin(), name_part.end(), is_host_character);
  if (!is_host || host.size() > longest_host) return malformed(text, "has no host that can be looked up");
  std::uint32_t number = 0;
  const auto read = std::from_chars(port.data(), port.data() + port.size(), number);
  if (port.empty() || read.ec == std::errc::invalid_argument || read.ptr != port.data() + port.size()) {
    return malformed(text, "has no port that is a number");
  }
  if (read.ec != std::errc() || number > UINT16_MAX) {
    return ParseProblem{Code::out_of_range, "the port of http is " + std::string(port) + ", and ports end at 65535"};
  }
  return HttpAddress{std::string(host), static_cast<std::uint16_t>(number)};
}

}  // namespace sluice::engine
