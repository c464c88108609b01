// SPDX-License-Identifier: Apache-2.0
// The `user:password@host:port` of a url, taken apart. Knows IPv4 and IPv6 literals; a name may end in the dot that
// makes it absolute, which is for the resolver alone. Never resolves anything.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::net {

struct Authority {
  std::string user_info;  ///< as written, percent-encoded; a secret
  bool has_user_info = false;
  std::string host;              ///< without the brackets of an IPv6 literal; as the resolver is asked for it
  bool host_is_address = false;  ///< an IPv4 or IPv6 literal
  uint16_t port = 0;

  /// The host as certificates, SNI and HTTP have it: without a final dot.
  std::string server_name() const;
  /// host:port, with brackets where they are needed; without the port where that is the usual one.
  std::string text(uint16_t usual_port = 0) const;
};

/// What is wrong, as the middle of a sentence about the url; empty: `out` is complete.
std::string read_authority(std::string_view text, uint16_t usual_port, Authority& out);

/// Of this machine alone: localhost and what lies below it, 127.0.0.0/8, ::1.
bool is_loopback(const Authority& authority);

/// `text` begins with a scheme and `://`: what stands between that and the last @ of the authority becomes ***.
std::string without_user_info(std::string_view url);

std::string ascii_lower(std::string_view text);
std::string ascii_upper(std::string_view text);

}  // namespace sluice::net
