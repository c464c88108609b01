// SPDX-License-Identifier: Apache-2.0
// Where the exchange is and what is asked of it: parses `ws://` and `wss://` addresses and builds the request target of
// a combined stream. Letters are folded in ASCII only, whatever the locale; everything outside of ASCII travels
// percent-encoded. Never resolves a name and never touches the network.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/result.hpp"

namespace sluice::binance {

struct Endpoint {
  bool tls = false;
  bool host_is_address = false;  ///< an IPv4 or IPv6 literal: no SNI, and the certificate must name the address
  std::string host;              ///< without the brackets of an IPv6 literal
  uint16_t port = 0;
  std::string path;         ///< what stands before /stream; empty or "/x", without a slash at its end
  std::string host_header;  ///< as the request's Host line has it

  std::string name() const { return host_header; }
};

Result<Endpoint> parse_url(std::string_view url);

std::string ascii_lower(std::string_view text);
std::string ascii_upper(std::string_view text);

/// Keeps letters, digits and `-._~@!`; all else becomes %XX.
std::string percent_encode(std::string_view text);

/// `/stream?streams=a/b/c`, below the endpoint's path.
std::string stream_target(const Endpoint& endpoint, const std::vector<std::string>& stream_names);

}  // namespace sluice::binance
