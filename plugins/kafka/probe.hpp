// SPDX-License-Identifier: Apache-2.0
// `sluice validate --connect` for a kafka relay: whether the cluster answers with these rights, and whether the topic
// and the group are what the graph says, every finding at the option that asked. Waits some seconds at most; changes
// nothing, joins no group.
#pragma once
#include "sluice/config.hpp"
#include "sluice/describe.hpp"
#include "sluice/result.hpp"

namespace sluice::kafka {

Result<void> probe_cluster(Config config, Description& description);

}  // namespace sluice::kafka
