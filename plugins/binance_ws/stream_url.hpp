// SPDX-License-Identifier: Apache-2.0
// Where the exchange is and what is asked of it: the url of a graph, the request target of a combined stream, and what
// to do about the statuses that the exchange answers with. Pure.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/net/url.hpp"

namespace sluice::binance {

/// The path is what stands before /stream, without a slash at its end, and the query is the user's own. The last part
/// of a path, /ws or /stream, is where the exchange serves raw and combined streams: it is not kept, as the target is
/// always that of combined streams.
Result<net::Endpoint> parse_stream_url(std::string_view url);

/// `/stream?streams=a/b/c`, below the endpoint's path, with the endpoint's own query behind.
std::string stream_target(const net::Endpoint& endpoint, const std::vector<std::string>& stream_names);

/// The value of the query's first parameter of this name, empty without `=`; nothing where there is none.
std::optional<std::string_view> parameter_in(std::string_view query, std::string_view name);

/// For net::Route.
std::string_view status_advice(int status);

}  // namespace sluice::binance
