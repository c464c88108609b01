// SPDX-License-Identifier: Apache-2.0
// Where a test gets a node type from: a plugin whose sources are part of the test program (call sluice_plugin_v1() and
// ask for a type by name), or a shared object, which is loaded for the life of the process. Neither does the engine's
// checks before loading: tests of those belong to the engine.
#pragma once
#include <string>
#include <string_view>

#include "sluice/result.hpp"

/// The plugin that is linked into the test program.
extern "C" const sluice_plugin* sluice_plugin_v1();

namespace sluice::testing {

/// Throws std::invalid_argument that lists the plugin's types when it has none of that name.
const sluice_node_type& find_type(const sluice_plugin* plugin, std::string_view name);

/// Loads a shared object; the error says what the loader said.
Result<const sluice_plugin*> load_plugin(const std::string& path);

}  // namespace sluice::testing
