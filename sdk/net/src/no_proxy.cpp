// SPDX-License-Identifier: Apache-2.0
#include "no_proxy.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>

namespace sluice::net {
namespace {

/// IPv4 as IPv6 has it, so one comparison serves both.
using Bits = std::array<uint8_t, 16>;

std::optional<Bits> bits_of(const std::string& text, bool& is_four) {
  Bits bits{};
  is_four = inet_pton(AF_INET, text.c_str(), bits.data() + 12) == 1;
  if (is_four) {
    bits[10] = bits[11] = 0xff;
    return bits;
  }
  if (inet_pton(AF_INET6, text.c_str(), bits.data()) == 1) return bits;
  return std::nullopt;
}

bool same_network(const Bits& a, const Bits& b, unsigned prefix) {
  for (unsigned i = 0; i < 16; ++i) {
    const unsigned bits = std::min(8U, prefix > i * 8 ? prefix - i * 8 : 0U);
    const auto mask = static_cast<uint8_t>(0xff00U >> bits);
    if ((a[i] & mask) != (b[i] & mask)) return false;
  }
  return true;
}

std::string_view without_dots(std::string_view name) {
  if (name.substr(0, 2) == "*.") name.remove_prefix(1);
  while (!name.empty() && name.front() == '.') name.remove_prefix(1);
  while (!name.empty() && name.back() == '.') name.remove_suffix(1);
  return name;
}

bool is_below(std::string_view name, std::string_view domain) {
  if (domain.empty() || name.size() < domain.size()) return false;
  if (name.substr(name.size() - domain.size()) != domain) return false;
  return name.size() == domain.size() || name[name.size() - domain.size() - 1] == '.';
}

/// Takes `:443` off the end; false when it is another port than that of the place.
bool take_port(std::string_view& entry, uint16_t port) {
  const size_t colon = entry.rfind(':');
  const size_t bracket = entry.rfind(']');
  const bool is_six = entry.find(':') != colon && bracket == std::string_view::npos;
  if (colon == std::string_view::npos || is_six || (bracket != std::string_view::npos && bracket > colon)) return true;
  unsigned asked = 0;
  const std::string_view digits = entry.substr(colon + 1);
  std::from_chars(digits.data(), digits.data() + digits.size(), asked);
  entry = entry.substr(0, colon);
  return asked == port;
}

bool matches(const Authority& place, std::string_view entry) {
  if (entry == "*") return true;
  if (!take_port(entry, place.port)) return false;
  const size_t slash = entry.find('/');
  std::string host(entry.substr(0, slash));
  if (host.size() > 1 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  bool is_four = false, place_is_four = false;
  const std::optional<Bits> network = bits_of(host, is_four);
  const std::optional<Bits> address = bits_of(place.host, place_is_four);
  if (network && address) {
    unsigned prefix = is_four ? 32 : 128;
    if (slash != std::string_view::npos) {
      const std::string_view digits = entry.substr(slash + 1);
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
      if (error != std::errc{} || end != digits.data() + digits.size() || prefix > (is_four ? 32 : 128)) return false;
    }
    return same_network(*network, *address, is_four ? prefix + 96 : prefix);
  }
  return !address && is_below(ascii_lower(place.server_name()), without_dots(ascii_lower(host)));
}

}  // namespace

bool is_exempt(const Authority& place, std::string_view no_proxy) {
  constexpr std::string_view between = ", \t";
  for (;;) {
    const size_t begin = no_proxy.find_first_not_of(between);
    if (begin == std::string_view::npos) return false;
    no_proxy.remove_prefix(begin);
    const std::string_view entry = no_proxy.substr(0, no_proxy.find_first_of(between));
    if (matches(place, entry)) return true;
    no_proxy.remove_prefix(entry.size());
  }
}

}  // namespace sluice::net
