// SPDX-License-Identifier: Apache-2.0
#include "stream_names.hpp"

#include <algorithm>
#include <array>

#include "sluice/net/authority.hpp"

namespace sluice::binance {
namespace {

/// What follows the @, up to a second one.
constexpr std::array<std::string_view, 19> known_types{
    "trade",     "aggTrade",   "bookTicker", "blockTrade",     "miniTicker", "ticker",  "ticker_1h",
    "ticker_4h", "ticker_1d",  "avgPrice",   "depth",          "depth5",     "depth10", "depth20",
    "markPrice", "forceOrder", "indexPrice", "referencePrice", "rpiDepth"};
constexpr std::array<std::string_view, 11> known_of_all{
    "!miniTicker@arr", "!ticker@arr",       "!ticker_1h@arr",  "!ticker_4h@arr",  "!ticker_1d@arr", "!bookTicker",
    "!markPrice@arr",  "!markPrice@arr@1s", "!forceOrder@arr", "!assetIndex@arr", "!contractInfo"};
constexpr std::array<std::string_view, 4> kline_families{"kline_", "continuousKline_", "indexPriceKline_",
                                                         "markPriceKline_"};
constexpr std::array<std::string_view, 16> intervals{"1s", "1m", "3m", "5m",  "15m", "30m", "1h", "2h",
                                                     "4h", "6h", "8h", "12h", "1d",  "3d",  "1w", "1M"};
constexpr std::array<std::string_view, 8> speeds{"0ms", "100ms", "250ms", "500ms", "1000ms", "1s", "3s", "arr"};
constexpr std::string_view arr = "arr";

template <typename List>
bool holds(const List& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

/// The one of the list that differs in case only; empty: none, or the text itself is one.
template <typename List>
std::string_view but_for_case(const List& list, std::string_view text) {
  if (holds(list, text)) return {};
  const std::string folded = net::ascii_lower(text);
  for (const std::string_view each : list) {
    if (net::ascii_lower(each) == folded) return each;
  }
  return {};
}

/// One letter too many, too few or wrong, whatever the case.
bool is_one_letter_off(std::string_view left, std::string_view right) {
  std::string a = net::ascii_lower(left), b = net::ascii_lower(right);
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() > 1) return false;
  const auto at = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  return std::equal(at.first + (a.size() == b.size() && at.first != a.end() ? 1 : 0), a.end(),
                    at.second + (at.second != b.end() ? 1 : 0), b.end());
}

template <typename List>
Spelling spelling_in(const List& list, std::string_view text) {
  if (holds(list, text)) return {};
  if (const std::string_view better = but_for_case(list, text); !better.empty()) return {std::string(better), true};
  for (const std::string_view each : list) {
    if (is_one_letter_off(each, text)) return {std::string(each), false};
  }
  return {};
}

/// kline_1m and its kin; nothing: it is none of them.
bool kline_spelling(std::string_view type, Spelling& spelling) {
  const size_t underscore = type.rfind('_');
  if (underscore == std::string_view::npos) return false;
  const std::string_view family = type.substr(0, underscore + 1), interval = type.substr(underscore + 1);
  const std::string_view right_family = holds(kline_families, family) ? family : but_for_case(kline_families, family);
  if (right_family.empty()) return false;
  const std::string_view better = but_for_case(intervals, interval);
  const std::string_view right_interval = better.empty() ? interval : better;
  if (right_family != family || right_interval != interval) {
    spelling = {std::string(right_family) + std::string(right_interval), true};
  }
  return true;
}

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

/// What would break the list of names in the address, or can be in no name.
bool is_usable(std::string_view name, bool may_have_at) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return static_cast<unsigned char>(c) > ' ' && c != '/' && c != '"' && c != '\\' && c != 0x7f &&
           (may_have_at || c != '@');
  });
}

class Check {
 public:
  Check(Config symbols, Config streams, Description& description)
      : symbols_(symbols), streams_(streams), description_(description) {}

  void all() {
    for (uint64_t i = 0; i < symbols_.size(); ++i) {
      if (is_new(symbols_[i], spelled_symbol(symbols_[i].text()), "symbol", "BTCUSDT", symbol_names_)) symbol(i);
    }
    bool any_of_one_symbol = false;
    for (uint64_t i = 0; i < streams_.size(); ++i) {
      const std::string_view written = streams_[i].text();
      any_of_one_symbol = any_of_one_symbol || !is_of_all_symbols(written);
      if (is_new(streams_[i], std::string(written), "stream", "trade, aggTrade or bookTicker", stream_names_))
        stream(i);
    }
    if (any_of_one_symbol && symbols_.size() == 0) {
      description_.problem(streams_,
                           "symbols is missing, and these streams are of one symbol each; add symbols, such "
                           "as [BTCUSDT, ETHUSDT]");
    } else if (!any_of_one_symbol && symbols_.size() > 0 && streams_.size() > 0) {
      description_.warning(symbols_, "symbols has no effect, as each of the streams is of all symbols");
    }
  }

 private:
  bool is_new(Config place, const std::string& name, const std::string& what, const char* example,
              std::vector<std::string>& seen) {
    const bool is_again = holds(seen, name);
    seen.push_back(name);
    if (!is_usable(name, what == "stream")) {
      const bool is_stream = what == "symbol" && name.find('@') != std::string::npos;
      description_.problem(place, quoted(name) + " cannot be a " + what + "; write it like " + example +
                                      (is_stream ? ", and the name of a stream under streams" : ""));
      return false;
    }
    if (is_again) description_.warning(place, what + " " + name + " is named twice; once is enough");
    return !is_again;
  }

  /// A symbol that begins with ! can only be half the name of a stream of all symbols.
  void symbol(uint64_t at) {
    const std::string_view half = symbols_[at].text();
    if (!is_of_all_symbols(half)) return;
    for (uint64_t i = 0; i < streams_.size(); ++i) {
      const std::string_view type = streams_[i].text();
      if (is_of_all_symbols(type)) continue;
      const std::string name = std::string(half) + "@" + std::string(type);
      if (holds(known_of_all, name)) continue;
      const std::string_view meant = but_for_case(known_of_all, name);
      description_.problem(
          symbols_[at], quoted(name) + " is not a stream of the exchange; " +
                            (meant.empty() ? "a stream of all symbols stands under streams with its whole name, such "
                                             "as \"!miniTicker@arr\""
                                           : "did you mean " + quoted(meant) + "? Write that under streams"));
    }
  }

  void stream(uint64_t at) {
    const std::string_view written = streams_[at].text();
    const std::string_view head = written.substr(0, written.find('@'));
    const bool is_alone = is_of_all_symbols(written);
    if (!is_alone && head == arr) {
      for (const std::string& symbol : symbol_names_) {
        if (is_of_all_symbols(symbol)) continue;
        description_.problem(streams_[at], quoted(net::ascii_lower(symbol) + "@" + std::string(written)) +
                                               " is not a stream of the exchange: " + quoted(written) +
                                               " ends the name of a stream of all symbols; write the whole of it, such "
                                               "as \"!miniTicker@arr\"");
        return;
      }
      return;
    }
    if (const size_t second = written.find('@'); !is_alone && second != std::string_view::npos) {
      const std::string_view tail = written.substr(second + 1);
      if (holds(symbol_names_, net::ascii_upper(head)) || holds(known_types, tail.substr(0, tail.find('@')))) {
        description_.problem(streams_[at], quoted(written) + " names a symbol; write " + quoted(tail) +
                                               " here, and the symbol under symbols");
        return;
      }
    }
    const Spelling spelling = known_spelling(written);
    if (spelling.better.empty()) return;
    const std::string sentence = quoted(written) + " is not a known stream";
    if (spelling.only_by_case) {
      description_.problem(streams_[at], sentence +
                                             ": names are case-sensitive; "
                                             "did you mean " +
                                             quoted(spelling.better) + "?");
    } else {
      description_.warning(streams_[at], sentence + "; did you mean " + quoted(spelling.better) + "?");
    }
  }

  Config symbols_;
  Config streams_;
  Description& description_;
  std::vector<std::string> symbol_names_;
  std::vector<std::string> stream_names_;
};

}  // namespace

std::string spelled_symbol(std::string_view written) {
  return is_of_all_symbols(written) ? std::string(written) : net::ascii_upper(written);
}

std::vector<StreamName> make_stream_names(const std::vector<std::string>& symbols,
                                          const std::vector<std::string>& streams) {
  std::vector<StreamName> all;
  const auto add = [&](StreamName made) {
    const size_t at = made.name.find('@');
    made.type = at == std::string::npos ? made.name : made.name.substr(at + 1);
    const auto same = [&](const StreamName& each) { return each.name == made.name; };
    if (std::none_of(all.begin(), all.end(), same)) all.push_back(std::move(made));
  };
  for (size_t s = 0; s < symbols.size(); ++s) {
    for (size_t i = 0; i < streams.size(); ++i) {
      if (is_of_all_symbols(streams[i])) continue;
      if (is_of_all_symbols(symbols[s])) {
        add({symbols[s] + "@" + streams[i], {}, {}, s, i});
      } else {
        add({net::ascii_lower(symbols[s]) + "@" + streams[i], {}, symbols[s], s, i});
      }
    }
  }
  for (size_t i = 0; i < streams.size(); ++i) {
    if (is_of_all_symbols(streams[i])) add({streams[i], {}, {}, StreamName::no_symbol, i});
  }
  return all;
}

Spelling known_spelling(std::string_view stream) {
  if (is_of_all_symbols(stream)) {
    const Spelling spelling = spelling_in(known_of_all, stream);
    if (!spelling.better.empty() || holds(known_of_all, stream)) return spelling;
    const std::string with_arr = std::string(stream) + "@arr";
    if (holds(known_of_all, with_arr)) return {with_arr, false};
    return {std::string(but_for_case(known_of_all, with_arr)), false};
  }
  const size_t at = stream.find('@');
  const std::string_view head = stream.substr(0, at);
  Spelling spelling;
  const bool is_kline = kline_spelling(head, spelling);
  if (!is_kline) spelling = spelling_in(known_types, head);
  if (at == std::string_view::npos) return spelling;
  const std::string_view tail = stream.substr(at + 1);
  const std::string_view better_tail = but_for_case(speeds, tail);
  if (spelling.better.empty() && better_tail.empty()) return spelling;
  if (spelling.better.empty()) spelling = {std::string(head), true};
  spelling.better += "@" + std::string(better_tail.empty() ? tail : better_tail);
  return spelling;
}

void check_names(Config symbols, Config streams, Description& description) {
  Check(symbols, streams, description).all();
}

}  // namespace sluice::binance
