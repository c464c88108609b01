// SPDX-License-Identifier: Apache-2.0
// `sluice validate GRAPH`: everything a run would check before it starts, all problems at once, and for a sound graph
// what is proved of it: the guarantee of each segment, the stages and the memory bound.
#pragma once
#include <CLI/CLI.hpp>
#include <iosfwd>
#include <string>
#include <vector>

#include "loader/registry.hpp"

namespace sluice::cli {

struct ValidateOptions {
  std::string graph;
  std::string process{};
  bool as_json = false;
  bool is_brief = false;  ///< problems and one line only
  bool asks_servers = false;
  bool warnings_are_errors = false;
};

int validate(const ValidateOptions& options, const engine::Registry& registry, std::ostream& out, std::ostream& err);

/// As add_plugins_command.
void add_validate_command(CLI::App& app, const std::vector<std::string>& directories, std::ostream& out,
                          std::ostream& err, int& exit_code);

}  // namespace sluice::cli
