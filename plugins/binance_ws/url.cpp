// SPDX-License-Identifier: Apache-2.0
#include "url.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace sluice::binance {
namespace {

bool is_address(const std::string& host) {
  in6_addr scratch{};
  return inet_pton(AF_INET, host.c_str(), &scratch) == 1 || inet_pton(AF_INET6, host.c_str(), &scratch) == 1;
}

bool printable_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

Error wrong(std::string_view url, std::string_view why) {
  return operator_needed("the url '" + std::string(url) + "' " + std::string(why) +
                         "; write it as wss://stream.binance.com:9443");
}

bool unreserved(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~@!").find(static_cast<char>(c)) != std::string_view::npos;
}

}  // namespace

Result<Endpoint> parse_url(std::string_view url) {
  Endpoint endpoint;
  std::string_view rest = url;
  if (rest.substr(0, 6) == "wss://") {
    endpoint.tls = true;
    rest.remove_prefix(6);
  } else if (rest.substr(0, 5) == "ws://") {
    rest.remove_prefix(5);
  } else {
    return wrong(url, "does not begin with wss:// or ws://");
  }
  if (!printable_ascii(rest)) return wrong(url, "holds a blank or a character outside of ASCII");
  if (rest.find_first_of("?#") != std::string_view::npos) {
    return wrong(url, "has a query or a fragment, which is made from symbols and streams");
  }
  const size_t slash = rest.find('/');
  std::string_view authority = rest.substr(0, slash);
  if (slash != std::string_view::npos) endpoint.path = rest.substr(slash);
  while (!endpoint.path.empty() && endpoint.path.back() == '/') endpoint.path.pop_back();
  if (authority.find('@') != std::string_view::npos)
    return wrong(url, "has a user name, which the exchange never asks");

  std::string_view port_text;
  bool has_port = false;
  if (!authority.empty() && authority.front() == '[') {
    const size_t end = authority.find(']');
    if (end == std::string_view::npos) return wrong(url, "opens an IPv6 address with [ and does not close it");
    endpoint.host = authority.substr(1, end - 1);
    authority.remove_prefix(end + 1);
    if (!authority.empty() && authority.front() != ':') return wrong(url, "has text behind the IPv6 address");
    has_port = !authority.empty();
    if (has_port) port_text = authority.substr(1);
    if (!is_address(endpoint.host)) return wrong(url, "has no IPv6 address between [ and ]");
  } else {
    const size_t colon = authority.find(':');
    endpoint.host = authority.substr(0, colon);
    has_port = colon != std::string_view::npos;
    if (has_port) port_text = authority.substr(colon + 1);
  }
  if (endpoint.host.empty()) return wrong(url, "names no host");
  endpoint.host_is_address = is_address(endpoint.host);

  const uint16_t usual_port = endpoint.tls ? 443 : 80;
  endpoint.port = usual_port;
  if (has_port) {
    const auto [end, error] = std::from_chars(port_text.data(), port_text.data() + port_text.size(), endpoint.port);
    if (error != std::errc{} || end != port_text.data() + port_text.size() || endpoint.port == 0) {
      return wrong(url, "has a port that is not between 1 and 65535");
    }
  }
  endpoint.host_header =
      endpoint.host.find(':') == std::string::npos ? endpoint.host : std::string("[") + endpoint.host + "]";
  if (endpoint.port != usual_port) endpoint.host_header += ":" + std::to_string(endpoint.port);
  return endpoint;
}

std::string ascii_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return out;
}

std::string ascii_upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
  return out;
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

std::string stream_target(const Endpoint& endpoint, const std::vector<std::string>& stream_names) {
  std::string target = endpoint.path + "/stream?streams=";
  for (size_t i = 0; i < stream_names.size(); ++i) {
    if (i != 0) target += '/';
    target += percent_encode(stream_names[i]);
  }
  return target;
}

}  // namespace sluice::binance
