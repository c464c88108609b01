// SPDX-License-Identifier: Apache-2.0
// `sluice schema`: the JSON Schema of a graph file with the plugins that are there, for editors. Writes to the streams
// it is given; 0, or 1 when a plugin was refused, whose types are then missing from the schema.
#pragma once
#include <CLI/CLI.hpp>
#include <iosfwd>
#include <string>
#include <vector>

#include "loader/registry.hpp"

namespace sluice::cli {

int schema(const engine::Registry& registry, std::ostream& out, std::ostream& err);

/// As add_plugins_command.
void add_schema_command(CLI::App& app, const std::vector<std::string>& directories, std::ostream& out,
                        std::ostream& err, int& exit_code);

}  // namespace sluice::cli
