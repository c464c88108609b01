// SPDX-License-Identifier: Apache-2.0
// What `validate --connect` asks of a store: whether the file can be had and written, whether somebody holds it, and
// whether its table is what the graph says, by the same check as the sink's. All findings at once, each with the
// option that asked. Makes and changes nothing, not even a log beside the file; may wait a few seconds.
#pragma once
#include "sluice/describe.hpp"
#include "sluice/result.hpp"

namespace sluice::sqlite {

Result<void> probe_store(Config config, Description& description);

}  // namespace sluice::sqlite
