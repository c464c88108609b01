// SPDX-License-Identifier: Apache-2.0
// Where a connection is to lead and how: the exchange, a proxy on the way, TLS, what is asked for, and for how long it
// may be tried. The same for every attempt of a node.
#pragma once
#include <openssl/ssl.h>

#include <cstdint>
#include <optional>
#include <string>

#include "proxy.hpp"
#include "resolver.hpp"
#include "url.hpp"

namespace sluice::binance {

struct Route {
  Endpoint endpoint;
  std::optional<Proxy> proxy;
  std::string target;
  SSL_CTX* tls = nullptr;
  int64_t time_limit_ns = 0;
  /// The exchange counts upgrades, so one attempt sends only so many.
  int most_upgrades = 3;
  LookUp look_up = ask_system;

  /// Whose addresses are connected to.
  const Authority& first_stop() const { return proxy ? static_cast<const Authority&>(*proxy) : endpoint; }
  /// `stream.binance.com:9443 through the proxy 10.0.0.1:3128`
  std::string name() const { return proxy ? endpoint.name() + " through the proxy " + proxy->name() : endpoint.name(); }
};

}  // namespace sluice::binance
