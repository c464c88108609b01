// SPDX-License-Identifier: Apache-2.0
// `sluice audit GRAPH`: whether what the graph's stores hold is complete, by the rules that its sources declare. Reads
// all of it, and changes nothing.
#pragma once
#include <CLI/CLI.hpp>
#include <iosfwd>
#include <string>
#include <vector>

#include "loader/registry.hpp"

namespace sluice::cli {

struct AuditCommandOptions {
  std::string graph;
  std::vector<std::string> stores{};  ///< only these; empty: all
  std::string received{};             ///< field with the time of receipt
  std::string picture_file{};
  bool as_json = false;
};

int audit(const AuditCommandOptions& options, const engine::Registry& registry, std::ostream& out, std::ostream& err);

/// As add_plugins_command.
void add_audit_command(CLI::App& app, const std::vector<std::string>& directories, std::ostream& out, std::ostream& err,
                       int& exit_code);

}  // namespace sluice::cli
