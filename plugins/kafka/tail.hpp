// SPDX-License-Identifier: Apache-2.0
// The newest records of a topic, for a source that wants to know where it stopped: read backwards, partition by
// partition in windows of offsets that grow, until whoever asks has enough, a partition begins, or the time is up. Uses
// a client of its own that is no member of a group and commits nothing. What a transaction aborted is not read, and
// neither are tombstones. Waits, so never on a stage's thread.
#pragma once
#include <string>

#include "output_records.hpp"
#include "settings.hpp"
#include "sluice/tail.hpp"

namespace sluice::kafka {

/// An error: some partitions could not be read to the end that was asked for; what could be was given.
Result<void> read_tail(Context context, const Settings& settings, const std::string& brokers, RecordMaker maker,
                       const sluice_tail_query& query, TailTaker& taker);

}  // namespace sluice::kafka
