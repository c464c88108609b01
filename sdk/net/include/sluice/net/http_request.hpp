// SPDX-License-Identifier: Apache-2.0
// One HTTP/1.1 request as text. Host, Content-Length and what else belongs to the connection are the library's; a
// request whose parts would change its meaning on the wire (a line end in a field) is refused. Pure.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "sluice/net/url.hpp"
#include "sluice/result.hpp"

namespace sluice::net {

struct HttpRequest {
  std::string method = "GET";
  std::string target = "/";  ///< path and query, percent-encoded; may be a secret
  std::vector<std::pair<std::string, std::string>> fields{};
  std::string body{};

  /// Sending it twice does what sending it once does (RFC 9110, 9.2.2).
  bool is_idempotent() const { return method != "POST" && method != "PATCH" && method != "CONNECT"; }
};

/// An error is a bug of the caller, and shows no part of the request that may be a secret.
Result<std::string> request_text(const HttpRequest& request, const Endpoint& endpoint);

}  // namespace sluice::net
