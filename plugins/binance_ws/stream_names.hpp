// SPDX-License-Identifier: Apache-2.0
// The names of streams: made of the options `symbols` and `streams`, and held against what is known of the exchange's
// own. Letters count: kline_1m is minutes and kline_1M months, so a name is sent as it was written, and only a symbol
// is folded. A name that is not known is never refused, as the exchange adds some; one that differs from a known one in
// nothing but case is, as the exchange is silent about it. Pure.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/describe.hpp"

namespace sluice::binance {

struct StreamName {
  std::string name;    ///< btcusdt@trade, !miniTicker@arr
  std::string type;    ///< what follows the first @; all of a name that has none
  std::string symbol;  ///< BTCUSDT; empty: a stream of all symbols
  static constexpr size_t no_symbol = static_cast<size_t>(-1);
  size_t symbol_at = no_symbol;  ///< its place in `symbols`; no_symbol: its whole name stands in `streams`
  size_t stream_at = 0;          ///< its place in `streams`
};

/// A stream of all symbols: its name begins with ! and is written as a whole.
inline bool is_of_all_symbols(std::string_view name) { return !name.empty() && name.front() == '!'; }

/// As the exchange spells it: upper case. What begins with ! is kept.
std::string spelled_symbol(std::string_view written);

/// Each name once: of each symbol with each stream, and of each stream of all symbols.
std::vector<StreamName> make_stream_names(const std::vector<std::string>& symbols,
                                          const std::vector<std::string>& streams);

struct Spelling {
  std::string better;         ///< a known name; empty: there is nothing to say
  bool only_by_case = false;  ///< it differs in nothing but case
};
/// What a stream's name, or what follows the @ in it, was probably meant to be.
Spelling known_spelling(std::string_view stream);

/// Reports what cannot be in a name, what is named twice, what is misspelt, and what does not belong together.
void check_names(Config symbols, Config streams, Description& description);

}  // namespace sluice::binance
