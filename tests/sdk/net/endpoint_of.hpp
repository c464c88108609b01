// SPDX-License-Identifier: Apache-2.0
// A url of a test, of either protocol.
#pragma once
#include "sluice/net/url.hpp"

namespace sluice::net::test {

inline Result<Endpoint> endpoint_of(std::string_view url) {
  const bool is_http = url.substr(0, 4) == "http";
  return is_http ? parse_url(url, Protocol::http, "https://server.example")
                 : parse_url(url, Protocol::websocket, "wss://server.example");
}

}  // namespace sluice::net::test
