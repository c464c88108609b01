// SPDX-License-Identifier: Apache-2.0
// What /api/v3/exchangeInfo says: the rate limit of REST, and the symbols of the market with their price and quantity
// steps. A symbol is TRADING, or BREAK while it is halted; one that is delisted is absent. What a client of market data
// does not need is left out.
#pragma once
#include <string>
#include <vector>

#include "event.hpp"
#include "rest_query.hpp"
#include "weights.hpp"

namespace sluice::sim {

// The symbols that the query asks for by `symbol` or `symbols`; all without either. Errors go into the query.
std::vector<std::string> symbols_of(RestQuery& query, const StreamTable& streams);

std::string exchange_info(const std::vector<std::string>& symbols, const StreamTable& streams,
                          const WeightRules& weights, std::int64_t server_time);

}  // namespace sluice::sim
