// SPDX-License-Identifier: Apache-2.0
// What option `repair` means to the program: where the exchange's REST interface is, how it is reached, and in which
// unit its times are asked for; and what is said of that before anything runs. Pure.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/describe.hpp"
#include "sluice/net/route.hpp"
#include "sluice/result.hpp"

namespace sluice::binance {

/// At most: an answer of 1 MiB, the parser's index of it, the page that is made of it, and the questions that wait.
inline constexpr int64_t repair_memory_bytes = 12 * 1024 * 1024;

/// For how long, and in how much memory, live events are held back while ids before them are repaired.
struct HoldLimits {
  int64_t time_ns = 0;
  uint64_t bytes = 0;
};

struct RepairOptions {
  net::Endpoint endpoint;  ///< the path is what stands before /api, without a slash at its end
  std::optional<net::Proxy> proxy;
  bool microseconds = false;  ///< the unit of the websocket's times, which repaired records have, too
  HoldLimits hold;
};

/// Of the option's `rest`.
Result<net::Endpoint> parse_rest_url(std::string_view url);

/// `proxy` is the option of the node; it and `microseconds` are those of the websocket.
Result<RepairOptions> parse_repair_options(Config repair, std::string_view proxy, bool microseconds);

/// For a request. `tls` is not used for http://.
net::Route rest_route(const RepairOptions& options, SSL_CTX* tls);

/// Warns of a repair that cannot do what the graph's streams need, or asks another exchange than the `websocket`.
void describe_repair(const RepairOptions& options, const net::Endpoint& websocket,
                     const std::vector<std::string>& stream_types, Config repair, Description& description);

}  // namespace sluice::binance
