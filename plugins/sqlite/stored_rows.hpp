// SPDX-License-Identifier: Apache-2.0
// All rows of a table as the payloads they once were, in the order in which they were written, for whoever checks them.
// Opens the file for reading only and leaves nothing behind.
#pragma once
#include "settings.hpp"
#include "sluice/scan.hpp"

namespace sluice::sqlite {

Result<void> read_stored_rows(const Settings& settings, const ScanQuery& query, ScanTaker& taker);

}  // namespace sluice::sqlite
