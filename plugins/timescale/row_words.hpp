// SPDX-License-Identifier: Apache-2.0
// A row's key as a person reads it, for sentences. Pure.
#pragma once
#include <string>

#include "settings.hpp"
#include "sluice/columns/rows.hpp"

namespace sluice::timescale {

/// "(symbol, trade_id) = (BTCUSDT, 7)"; empty without a conflict target.
std::string key_words(const Settings& settings, std::span<const columns::Value> row);

}  // namespace sluice::timescale
