// SPDX-License-Identifier: Apache-2.0
// Where the exchange is and what is asked of it: parses `ws://` and `wss://` addresses and builds the request target of
// a combined stream. Letters are folded in ASCII only, whatever the locale; everything outside of ASCII travels
// percent-encoded. Never resolves a name and never touches the network.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "authority.hpp"
#include "sluice/result.hpp"

namespace sluice::binance {

struct Endpoint : Authority {
  bool tls = false;
  std::string path;         ///< what stands before /stream; empty or "/x", without a slash at its end
  std::string query;        ///< the user's own parameters, without the question mark: timeUnit=MICROSECOND
  std::string host_header;  ///< as the request's Host line has it

  std::string name() const { return host_header; }
};

/// The last part of a path, /ws or /stream, is where the exchange serves raw and combined streams: it is not kept, as
/// the target is always that of combined streams.
Result<Endpoint> parse_url(std::string_view url);

/// Keeps letters, digits and `-._~@!`; all else becomes %XX.
std::string percent_encode(std::string_view text);

/// `/stream?streams=a/b/c`, below the endpoint's path, with the endpoint's own query behind.
std::string stream_target(const Endpoint& endpoint, const std::vector<std::string>& stream_names);

}  // namespace sluice::binance
