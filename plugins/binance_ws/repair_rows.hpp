// SPDX-License-Identifier: Apache-2.0
// The exchange's REST answers as data: rows of historicalTrades and aggTrades, turned into the payloads that the
// websocket sends for them, without E; the code and text of an error; the time of the server. Numbers and texts are
// copied byte for byte. Whatever a body holds, it is judged and never trusted. Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stream_table.hpp"

namespace sluice::binance {

struct RestRow {
  int64_t id = 0;
  int64_t trade_time_ns = 0;
  uint32_t size = 0;  ///< of its payload; they stand one behind the other in RestPage::text
};

struct RestPage {
  std::string why;                  ///< not empty: the answer is not one to this request, and no part of it counts
  std::optional<int64_t> first_id;  ///< of the first row; none: there are no rows
  std::vector<RestRow> rows;        ///< ids rise by one; from first_id on, up to what was asked for
  std::string text;
  std::string defect;            ///< not empty: the row behind these does not fit to the one before it, and why
  std::optional<int64_t> chain;  ///< of aggTrade: the last trade of the last row
};

struct RowsAsked {
  EventType event = EventType::trade;  ///< or agg_trade
  std::string_view symbol;             ///< as payloads have it
  bool microseconds = false;
  int64_t first = 0;
  int64_t last = 0;              ///< rows behind it are left out
  std::optional<int64_t> chain;  ///< the last trade of the aggTrade before `first`, where that is known
};

/// Adds bytes behind the body's end and takes them off again.
RestPage read_rows(std::string& body, const RowsAsked& asked);

struct RestError {
  int64_t code = 0;
  std::string text;  ///< safe to show
};
/// None: the body is not an error of the exchange.
std::optional<RestError> read_rest_error(std::string body);

/// Whether that is an answer to /api/v3/time.
bool is_server_time(std::string body);

}  // namespace sluice::binance
