// SPDX-License-Identifier: Apache-2.0
// What a table stored last, for a source that wants to know where it stopped: the greatest number of each key, found by
// the unique index of the conflict target, key after key, however large the table is. Uses a connection of its own and
// changes nothing. Waits, so never on a stage's thread.
#pragma once
#include "settings.hpp"
#include "sluice/columns/newest.hpp"
#include "sluice/context.hpp"

namespace sluice::timescale {

/// For each key a row: its columns as text, then the number.
std::string newest_rows_sql(const Settings& settings, const columns::Newest& newest);

Result<void> read_newest_rows(Context context, Settings settings, const sluice_tail_query& query, TailTaker& taker);

}  // namespace sluice::timescale
