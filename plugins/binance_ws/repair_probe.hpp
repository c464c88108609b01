// SPDX-License-Identifier: Apache-2.0
// What `validate --connect` asks of the REST interface that repairs: its time, once. Warns at `repair.rest` of
// what passes without a change of the graph, as a start goes on without repair; else it is a problem. Waits until the
// deadline at most.
#pragma once
#include <cstdint>

#include "repair_options.hpp"

namespace sluice::binance {

void probe_repair(const RepairOptions& options, SSL_CTX* tls, int64_t limit_ns, Config repair,
                  Description& description);

}  // namespace sluice::binance
