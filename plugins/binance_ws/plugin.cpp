// SPDX-License-Identifier: Apache-2.0
#include "sluice/plugin.hpp"

#include "option_table.hpp"
#include "source.hpp"

namespace {

constexpr sluice_node_type types[] = {sluice::source_type<sluice::binance::BinanceSource>(
    "binance_ws", "Reads Binance's market streams from a websocket.", sluice::binance::option_table)};

}  // namespace

SLUICE_EXPORT_PLUGIN("binance_ws", "0.1.0", "Binance's market data as a source.", types)
