// SPDX-License-Identifier: Apache-2.0
// What an answer of the exchange's REST interface means for the request: rows, never, perhaps never, or later and when.
// Only what the exchange itself says about the request is taken as never; a failure on the way is not. Pure.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/net/http_client.hpp"

namespace sluice::binance {

struct RestVerdict {
  enum class Kind {
    rows,     ///< the body is to be read
    never,    ///< the exchange will not give it
    doubt,    ///< the same, unless it is a fault that passes: asked again before it is believed
    later,    ///< retried
    too_many  ///< retried; no node of this process may ask this host before
  } kind = Kind::later;
  std::string why;
  int64_t least_wait_ns = 0;
};

/// `path`: what was asked, as /api/v3/aggTrades.
RestVerdict judge(const net::HttpAnswer& answer, std::string_view path);

/// For net::HttpAnswer::refusal.
std::string_view rest_advice(int status);

}  // namespace sluice::binance
