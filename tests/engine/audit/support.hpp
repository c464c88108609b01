// SPDX-License-Identifier: Apache-2.0
// Series and records as a market's source has them.
#pragma once
#include <string>
#include <vector>

#include "audit/auditor.hpp"

namespace audit_test {

inline std::vector<sluice::engine::Series> market() {
  sluice::engine::Series quote;
  quote.name = "quote";
  quote.key = "s";
  quote.id = "u";
  sluice::engine::Series trade;
  trade.is_consecutive = true;
  trade.name = trade.value = "trade";
  trade.field = "e";
  trade.key = "s";
  trade.id = "t";
  trade.time = "T";
  trade.price = "p";
  sluice::engine::Series sum = trade;
  sum.name = sum.value = "sum";
  sum.id = "a";
  sum.folds = "trade";
  sum.folds_first = "f";
  sum.folds_last = "l";
  return {quote, trade, sum};
}

constexpr int64_t begin_ms = 1'700'000'000'000;

inline std::string trade(const std::string& key, int64_t id, int64_t time_ms = 0) {
  return R"({"e":"trade","s":")" + key + R"(","t":)" + std::to_string(id) + R"(,"p":"10.5","T":)" +
         std::to_string(time_ms == 0 ? begin_ms + id * 1000 : time_ms) + "}";
}
inline std::string sum(const std::string& key, int64_t id, int64_t first, int64_t last) {
  return R"({"e":"sum","s":")" + key + R"(","a":)" + std::to_string(id) + R"(,"f":)" + std::to_string(first) +
         R"(,"l":)" + std::to_string(last) + R"(,"T":)" + std::to_string(begin_ms + last * 1000) + "}";
}
inline std::string quote(const std::string& key, int64_t id) {
  return R"({"u":)" + std::to_string(id) + R"(,"s":")" + key + R"(","received":)" + std::to_string(begin_ms + id) + "}";
}

}  // namespace audit_test
