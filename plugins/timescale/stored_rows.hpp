// SPDX-License-Identifier: Apache-2.0
// All rows of a table as the payloads they once were, for whoever checks them, through a cursor in a transaction that
// only reads: the rows are those of one moment, and memory does not grow with them. In no order.
#pragma once
#include "settings.hpp"
#include "sluice/scan.hpp"

namespace sluice::timescale {

Result<void> read_stored_rows(const Settings& settings, const ScanQuery& query, ScanTaker& taker);

}  // namespace sluice::timescale
