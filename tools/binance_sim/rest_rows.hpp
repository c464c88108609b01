// SPDX-License-Identifier: Apache-2.0
// Rows of the history as the exchange's REST writes them: no symbol, no event time, eight decimals.
// Times in milliseconds, or microseconds where the request asked for them.
#pragma once
#include <string>

#include "history.hpp"

namespace sluice::sim {

// {"id":28457,"price":"4.00000100","qty":"12.00000000","quoteQty":"48.00001200","time":1499865549590,...}
void append_trade(const HistoryRow& row, bool microseconds, std::string& out);
// {"a":26129,"p":"0.01633102","q":"4.70443515","f":27781,"l":27781,"T":1498793709153,"m":true,"M":true}
void append_aggregate(const HistoryRow& row, bool microseconds, std::string& out);

}  // namespace sluice::sim
