// SPDX-License-Identifier: Apache-2.0
// Where a server is: parses `ws://`, `wss://`, `http://` and `https://` addresses. Letters are folded in ASCII only,
// whatever the locale; everything outside of ASCII travels percent-encoded. Never resolves a name and never touches the
// network.
#pragma once
#include <string>
#include <string_view>

#include "sluice/net/authority.hpp"
#include "sluice/result.hpp"

namespace sluice::net {

enum class Protocol { websocket, http };

struct Endpoint : Authority {
  Protocol protocol = Protocol::http;
  bool tls = false;
  std::string path;         ///< as written: empty, or with a slash at its begin
  std::string query;        ///< as written, without the question mark
  std::string host_header;  ///< as the request's Host line has it

  std::string name() const { return host_header; }
};

/// `example`: how such a url is written, for the sentence of an error. An error shows no user name and password.
Result<Endpoint> parse_url(std::string_view url, Protocol protocol, std::string_view example);

/// Keeps letters, digits and `-._~@!`; all else becomes %XX.
std::string percent_encode(std::string_view text);

}  // namespace sluice::net
