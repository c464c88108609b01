// SPDX-License-Identifier: Apache-2.0
// What `validate --connect` adds: every node of a plan whose type can asks its real servers, all at the same time, and
// what they say becomes diagnostics with the place of the option that asked. Changes nothing anywhere. A server that is
// silent is given up after a deadline.
#pragma once
#include <chrono>

#include "validate/plan_graph.hpp"

namespace sluice::engine {

/// The plan is gone when an error was found. The registry must live until the program ends where a probe was given up.
void ask_servers(Planned& planned, Diagnostics& diagnostics,
                 std::chrono::milliseconds deadline = std::chrono::seconds(30));

}  // namespace sluice::engine
