// SPDX-License-Identifier: Apache-2.0
#include "repair_options.hpp"

#include <algorithm>

#include "sluice/safe_text.hpp"
#include "stream_table.hpp"

namespace sluice::binance {

Result<net::Endpoint> parse_rest_url(std::string_view url) {
  Result<net::Endpoint> endpoint = net::parse_url(url, net::Protocol::http, "https://api.binance.com");
  if (!endpoint) return endpoint.error();
  std::string& path = endpoint->path;
  while (!path.empty() && path.back() == '/') path.pop_back();
  const auto wrong = [&](const std::string& why) {
    return operator_needed("the url of repair.rest " + why + "; write it as https://api.binance.com");
  };
  if (!endpoint->query.empty()) return wrong("has a query");
  if (path.find("/api/") != std::string::npos || (path.size() >= 4 && path.substr(path.size() - 4) == "/api")) {
    return wrong("contains /api, which the node adds");
  }
  return endpoint;
}

Result<RepairOptions> parse_repair_options(Config repair, std::string_view proxy, bool microseconds) {
  RepairOptions options;
  Result<net::Endpoint> endpoint = parse_rest_url(repair["rest"].text());
  if (!endpoint) return endpoint.error();
  options.endpoint = *std::move(endpoint);
  Result<std::optional<net::Proxy>> chosen = net::choose_proxy(proxy, options.endpoint);
  if (!chosen) return chosen.error();
  options.proxy = *std::move(chosen);
  options.microseconds = microseconds;
  options.hold.time_ns = repair["hold"].integer();
  options.hold.bytes = static_cast<uint64_t>(repair["hold_bytes"].integer());
  return options;
}

net::Route rest_route(const RepairOptions& options, SSL_CTX* tls) {
  net::Route route;
  route.endpoint = options.endpoint;
  route.proxy = options.proxy;
  route.tls = options.endpoint.tls ? tls : nullptr;
  return route;
}

void describe_repair(const RepairOptions& options, const net::Endpoint& websocket,
                     const std::vector<std::string>& stream_types, Config repair, Description& description) {
  // Ids are not unique among exchanges: a simulator's would be filled with trades of the real one.
  if (net::is_loopback(options.endpoint) != net::is_loopback(websocket)) {
    description.warning(repair["rest"], "this leads to " + std::string(options.endpoint.server_name()) +
                                            ", and url to " + std::string(websocket.server_name()) +
                                            ": what one exchange missed would be filled with trades of another; let "
                                            "both lead to the same exchange");
  }
  const auto has = [&](EventType event) {
    return std::any_of(stream_types.begin(), stream_types.end(),
                       [&](const std::string& type) { return event_type(type) == event; });
  };
  if (!has(EventType::trade) && !has(EventType::agg_trade)) {
    description.warning(repair,
                        "repair has no effect, as only trade and aggTrade can be repaired and streams has "
                        "neither");
  } else if (has(EventType::trade) && net::ascii_lower(options.endpoint.server_name()) == "data-api.binance.vision") {
    description.warning(repair["rest"],
                        "data-api.binance.vision serves aggTrades and not historicalTrades, so gaps of trade cannot "
                        "be repaired there; use https://api.binance.com");
  }
}

}  // namespace sluice::binance
