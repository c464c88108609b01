// SPDX-License-Identifier: Apache-2.0
#include "listings.hpp"

#include <fmt/format.h>

#include "rest_query.hpp"

namespace sluice::sim {

std::optional<std::uint16_t> Listings::first_stream(const std::string& symbol) const {
  for (std::size_t i = 0; i < streams_.size(); ++i)
    if (streams_[i].symbol == symbol) return static_cast<std::uint16_t>(i);
  return std::nullopt;
}

std::optional<Failure> Listings::refusal(const std::string& symbol, SymbolStatus status) const {
  const auto failure = [&](const char* why) { return Failure{exit_usage, fmt::format("{}: {}", symbol, why)}; };
  if (feed_.market() == nullptr) return failure("a recording takes no other symbols");
  if (!is_symbol(symbol)) return failure("this is not a symbol; letters are upper case");
  const std::optional<std::uint16_t> first = first_stream(symbol);
  if (status == SymbolStatus::trading) {
    if (first && streams_.status(symbol) == SymbolStatus::trading) return failure("this symbol trades already");
    return std::nullopt;
  }
  if (!first) return failure("there is no such symbol");
  if (streams_.status(symbol) == SymbolStatus::trading && !feed_.market()->can_end(*first))
    return failure("this is the last symbol that trades");
  return std::nullopt;
}

void Listings::change(const std::string& symbol, SymbolStatus status) {
  if (status == SymbolStatus::trading) {
    feed_.market()->list(symbol, streams_);
    renderer_.grow();
    history_.grow();
    listed_();
  } else if (streams_.status(symbol) == SymbolStatus::trading) {
    feed_.market()->end(*first_stream(symbol));
  }
  streams_.set_status(symbol, status);
}

}  // namespace sluice::sim
