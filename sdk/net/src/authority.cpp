// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/authority.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace sluice::net {
namespace {

bool is_address(const std::string& host, int family) {
  in6_addr scratch{};
  return inet_pton(family, host.c_str(), &scratch) == 1;
}

bool may_be_in_a_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

std::string_view authority_of(std::string_view url) {
  const size_t begin = url.find("://");
  if (begin == std::string_view::npos) return {};
  return url.substr(begin + 3, url.find_first_of("/?#", begin + 3) - (begin + 3));
}

}  // namespace

std::string Authority::server_name() const {
  return !host.empty() && host.back() == '.' ? host.substr(0, host.size() - 1) : host;
}

std::string Authority::text(uint16_t usual_port) const {
  std::string out = host.find(':') == std::string::npos ? server_name() : "[" + host + "]";
  if (port != usual_port) out += ":" + std::to_string(port);
  return out;
}

std::string read_authority(std::string_view text, uint16_t usual_port, Authority& out) {
  if (const size_t at = text.rfind('@'); at != std::string_view::npos) {
    out.has_user_info = true;
    out.user_info = text.substr(0, at);
    text.remove_prefix(at + 1);
  }
  if (!text.empty() && text.front() == '[') {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return "opens an IPv6 address with [ and does not close it";
    out.host = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
    if (!text.empty() && text.front() != ':') return "has text behind the IPv6 address";
    if (!is_address(out.host, AF_INET6)) return "has no IPv6 address between [ and ]";
  } else {
    const size_t colon = text.find(':');
    out.host = text.substr(0, colon);
    text = colon == std::string_view::npos ? std::string_view{} : text.substr(colon);
    if (text.find(':', 1) != std::string_view::npos && text.size() > 1) {
      return "has more than one colon; an IPv6 address is written between [ and ]";
    }
    const auto wrong = std::find_if_not(out.host.begin(), out.host.end(), may_be_in_a_name);
    if (wrong != out.host.end()) return std::string("has '") + *wrong + "' in its host";
    if (is_address(out.server_name(), AF_INET)) out.host = out.server_name();
  }
  const std::string name = out.server_name();
  if (name.empty()) return "names no host";
  if (name.front() == '.' || name.back() == '.' || name.find("..") != std::string::npos) {
    return "has a dot too many in its host";
  }
  out.host_is_address = is_address(out.host, AF_INET) || is_address(out.host, AF_INET6);
  out.port = usual_port;
  if (text.empty()) return {};
  text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out.port);
  if (error != std::errc{} || end != text.data() + text.size() || out.port == 0) {
    return "has a port that is not between 1 and 65535";
  }
  return {};
}

bool is_loopback(const Authority& authority) {
  const std::string name = ascii_lower(authority.server_name());
  constexpr std::string_view local = "localhost";
  if (name.size() >= local.size() && name.substr(name.size() - local.size()) == local) {
    return name.size() == local.size() || name[name.size() - local.size() - 1] == '.';
  }
  in_addr four{};
  if (inet_pton(AF_INET, name.c_str(), &four) == 1) return ntohl(four.s_addr) >> 24 == 127;
  in6_addr six{};
  if (inet_pton(AF_INET6, name.c_str(), &six) != 1) return false;
  return IN6_IS_ADDR_LOOPBACK(&six) || (IN6_IS_ADDR_V4MAPPED(&six) && six.s6_addr[12] == 127);
}

std::string without_user_info(std::string_view url) {
  const std::string_view authority = authority_of(url);
  const size_t at = authority.rfind('@');
  if (at == std::string_view::npos) return std::string(url);
  const size_t begin = static_cast<size_t>(authority.data() - url.data());
  return std::string(url.substr(0, begin)) + "***" + std::string(url.substr(begin + at));
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

}  // namespace sluice::net
