// SPDX-License-Identifier: Apache-2.0
// The HTTP proxy on the way to a server: which one, by the option or by the environment as curl reads it, and the
// request for a tunnel through it (CONNECT) with the check of its answer. A password is shown nowhere. Works on text;
// sends and reads nothing.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "sluice/net/authority.hpp"
#include "sluice/net/http_head.hpp"
#include "sluice/net/url.hpp"
#include "sluice/result.hpp"

namespace sluice::net {

struct Proxy : Authority {
  std::string authorization;  ///< what stands behind Proxy-Authorization; a secret; empty without a user name
  std::string from;           ///< option proxy, or the variable's name

  std::string name() const { return text(); }
};

/// The value of a variable of the environment; null when it is not set.
using Environment = std::function<const char*(const char* name)>;
const char* system_environment(const char* name);

/// None: the server is connected to directly. `option` is as written: empty, `none` or a url. An error names where the
/// url is from, and shows no password.
Result<std::optional<Proxy>> choose_proxy(std::string_view option, const Endpoint& endpoint,
                                          const Environment& environment = system_environment);

std::string tunnel_request(const Proxy& proxy, const Endpoint& endpoint);

/// Of an answer to that which is not 2xx: a sentence's end that says what to do.
std::string tunnel_refusal(const Proxy& proxy, const HttpHead& head, std::string_view body);

}  // namespace sluice::net
