// SPDX-License-Identifier: Apache-2.0
// What a table stored last, for a source that wants to know where it stopped: the greatest number of each key, found by
// the unique index of the conflict target, key after key, however large the table is. Uses a connection of its own and
// writes no rows. Waits for whoever holds the file, so never on a stage's thread.
#pragma once
#include "settings.hpp"
#include "sluice/columns/newest.hpp"
#include "sluice/context.hpp"

namespace sluice::sqlite {

Result<void> read_newest_rows(Context context, const Settings& settings, const sluice_tail_query& query,
                              TailTaker& taker);

}  // namespace sluice::sqlite
