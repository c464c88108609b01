// SPDX-License-Identifier: Apache-2.0
// Where a connection leads and how: the server, a proxy on the way, TLS, and for how long it may be tried; of a
// websocket also what is asked for. The same for every attempt of its owner.
#pragma once
#include <openssl/ssl.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sluice/net/http_refusal.hpp"
#include "sluice/net/proxy.hpp"
#include "sluice/net/resolver.hpp"
#include "sluice/net/seconds.hpp"
#include "sluice/net/url.hpp"

namespace sluice::net {

struct Route {
  Endpoint endpoint;
  std::optional<Proxy> proxy;
  SSL_CTX* tls = nullptr;
  int64_t time_limit_ns = 0;
  std::string time_limit_option;  ///< what sets the time limit, for sentences; may be empty
  LookUp look_up = ask_system;

  // Of a websocket.
  std::string target;
  int most_upgrades = 3;  ///< one attempt sends only so many, as servers count them
  StatusAdvice advice = nullptr;

  /// Whose addresses are connected to.
  const Authority& first_stop() const { return proxy ? static_cast<const Authority&>(*proxy) : endpoint; }
  /// `10 s (connect_deadline)`
  std::string time_limit_text() const {
    return seconds(time_limit_ns) + (time_limit_option.empty() ? "" : " (" + time_limit_option + ")");
  }
  /// `server.example:9443 through the proxy 10.0.0.1:3128`
  std::string name() const { return proxy ? endpoint.name() + " through the proxy " + proxy->name() : endpoint.name(); }
};

}  // namespace sluice::net
