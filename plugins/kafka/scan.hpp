// SPDX-License-Identifier: Apache-2.0
// All records of a topic, for whoever checks them: each partition from the oldest record that is kept to the newest of
// the moment of the call. Uses a client of its own that is no member of a group and commits nothing. What a transaction
// aborted is not read, and neither are tombstones. The time of a record is its timestamp.
#pragma once
#include "settings.hpp"
#include "sluice/scan.hpp"

namespace sluice::kafka {

/// An error: some partitions could not be read to their end; what could be was given.
Result<void> read_all(const Settings& settings, ScanTaker& taker);

}  // namespace sluice::kafka
