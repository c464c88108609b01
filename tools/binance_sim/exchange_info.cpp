// SPDX-License-Identifier: Apache-2.0
#include "exchange_info.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <optional>

namespace sluice::sim {
namespace {

std::vector<std::string> all_symbols(const StreamTable& streams) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < streams.size(); ++i)
    if (is_symbol(streams[i].symbol) && streams.status(streams[i].symbol) != SymbolStatus::gone &&
        std::find(all.begin(), all.end(), streams[i].symbol) == all.end())
      all.push_back(streams[i].symbol);
  return all;
}

// ["BTCUSDT","ETHUSDT"]
std::optional<std::vector<std::string>> read_list(const std::string& text) {
  simdjson::dom::parser parser;
  simdjson::dom::array list;
  if (parser.parse(text).get(list) != simdjson::SUCCESS) return std::nullopt;
  std::vector<std::string> names;
  for (const simdjson::dom::element element : list) {
    std::string_view name;
    if (element.get(name) != simdjson::SUCCESS || !is_symbol(name)) return std::nullopt;
    names.emplace_back(name);
  }
  return names;
}

struct Assets {
  std::string_view base, quote;
};

Assets assets_of(std::string_view symbol) {
  for (const std::string_view quote : {"USDT", "USDC", "FDUSD", "TUSD", "BUSD", "BTC", "ETH", "BNB", "EUR", "USD"})
    if (symbol.size() > quote.size() && symbol.substr(symbol.size() - quote.size()) == quote)
      return {symbol.substr(0, symbol.size() - quote.size()), quote};
  return {symbol, ""};
}

// As the generated market has them; for others the smallest.
std::string_view quantity_step(std::string_view symbol) {
  if (symbol == "BTCUSDT") return "0.00001000";
  if (symbol == "ETHUSDT") return "0.00010000";
  if (symbol == "BNBUSDT") return "0.00100000";
  return "0.00000001";
}

std::string symbol_json(std::string_view symbol, SymbolStatus status) {
  const Assets assets = assets_of(symbol);
  const std::string_view step = quantity_step(symbol);
  return fmt::format(
      R"({{"symbol":"{}","status":"{}","baseAsset":"{}","baseAssetPrecision":8,"quoteAsset":"{}",)"
      R"("quotePrecision":8,"quoteAssetPrecision":8,"isSpotTradingAllowed":true,"filters":[)"
      R"({{"filterType":"PRICE_FILTER","minPrice":"0.01000000","maxPrice":"1000000.00000000","tickSize":"{}"}},)"
      R"({{"filterType":"LOT_SIZE","minQty":"{}","maxQty":"9000.00000000","stepSize":"{}"}}]}})",
      symbol, status == SymbolStatus::trading ? "TRADING" : "BREAK", assets.base, assets.quote,
      step == "0.00000001" ? step : "0.01000000", step, step);
}

}  // namespace

std::vector<std::string> symbols_of(RestQuery& query, const StreamTable& streams) {
  const std::vector<std::string> all = all_symbols(streams);
  const std::optional<std::string> one = query.text("symbol"), list = query.text("symbols");
  query.end();
  if (one && list) query.fail(-1128, "Combination of optional parameters invalid.");
  std::optional<std::vector<std::string>> wanted = one ? std::vector<std::string>{*one} : list ? read_list(*list) : all;
  if (!wanted || (one && !is_symbol(*one))) {
    query.fail(-1100, fmt::format("Illegal characters found in parameter '{}'; legal range is '{}'.",
                                  one ? "symbol" : "symbols", legal_symbol));
    return {};
  }
  for (const std::string& symbol : *wanted)
    if (std::find(all.begin(), all.end(), symbol) == all.end()) query.fail(-1121, "Invalid symbol.");
  return *wanted;
}

std::string exchange_info(const std::vector<std::string>& symbols, const StreamTable& streams,
                          const WeightRules& weights, std::int64_t server_time) {
  std::string list;
  for (const std::string& symbol : symbols)
    list += (list.empty() ? "" : ",") + symbol_json(symbol, streams.status(symbol));
  const std::string limits =
      weights.limit == 0
          ? ""
          : fmt::format(R"({{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":{}}})",
                        weights.limit);
  return fmt::format(R"({{"timezone":"UTC","serverTime":{},"rateLimits":[{}],"exchangeFilters":[],"symbols":[{}]}})",
                     server_time, limits, list);
}

}  // namespace sluice::sim
