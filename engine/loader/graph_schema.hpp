// SPDX-License-Identifier: Apache-2.0
// JSON Schema (draft 7) of a whole graph file, made of the option tables of the loaded plugins, for editors that
// complete and check while one types. It accepts whatever the engine accepts; `sluice validate` knows more.
#pragma once
#include <string>

#include "loader/registry.hpp"

namespace sluice::engine {

std::string graph_schema(const Registry& registry);

}  // namespace sluice::engine
