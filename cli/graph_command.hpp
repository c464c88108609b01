// SPDX-License-Identifier: Apache-2.0
// `sluice graph GRAPH`: the picture of a graph, as Mermaid, DOT or SVG.
#pragma once
#include <CLI/CLI.hpp>
#include <iosfwd>
#include <string>
#include <vector>

#include "loader/registry.hpp"

namespace sluice::cli {

struct GraphOptions {
  std::string graph;
  std::string process{};
  std::string format = "mermaid";
  std::string output_file{};
};

int draw(const GraphOptions& options, const engine::Registry& registry, std::ostream& out, std::ostream& err);

/// As add_plugins_command.
void add_graph_command(CLI::App& app, const std::vector<std::string>& directories, std::ostream& out, std::ostream& err,
                       int& exit_code);

}  // namespace sluice::cli
