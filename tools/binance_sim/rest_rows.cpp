// SPDX-License-Identifier: Apache-2.0
#include "rest_rows.hpp"

#include <fmt/format.h>

#include <iterator>

#include "decimal.hpp"

namespace sluice::sim {
namespace {
std::int64_t time_of(const HistoryRow& row, bool microseconds) {
  return microseconds ? row.time_us : row.time_us / 1000;
}
}  // namespace

void append_trade(const HistoryRow& row, bool microseconds, std::string& out) {
  const Int128 quote = static_cast<Int128>(row.price) * row.quantity / units_per_one;
  fmt::format_to(
      std::back_inserter(out),
      R"({{"id":{},"price":"{}","qty":"{}","quoteQty":"{}","time":{},"isBuyerMaker":{},"isBestMatch":true}})", row.id,
      decimal_text(row.price), decimal_text(row.quantity), decimal_text(quote), time_of(row, microseconds),
      row.buyer_is_maker);
}

void append_aggregate(const HistoryRow& row, bool microseconds, std::string& out) {
  fmt::format_to(std::back_inserter(out), R"({{"a":{},"p":"{}","q":"{}","f":{},"l":{},"T":{},"m":{},"M":true}})",
                 row.id, decimal_text(row.price), decimal_text(row.quantity), row.first_trade_id, row.last_trade_id,
                 time_of(row, microseconds), row.buyer_is_maker);
}

}  // namespace sluice::sim
