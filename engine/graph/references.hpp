// SPDX-License-Identifier: Apache-2.0
// Whether the names inside a graph fit each other: every node that an edge, a process, a dead letter or `require` names
// is declared, and no two edges join the same two ports. Needs no plugin.
#pragma once
#include "diagnostic.hpp"
#include "spec.hpp"

namespace sluice::engine {

void check_references(const GraphSpec& spec, Diagnostics& diagnostics);

}  // namespace sluice::engine
