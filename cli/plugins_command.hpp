// SPDX-License-Identifier: Apache-2.0
// `sluice plugins list`, `show TYPE` and `check FILE...`: which node types there are, what one takes, and whether a
// plugin file is fit for use. Writes to the streams it is given; the answer is an exit code: 0, or 1 when what was
// asked for is not there or not fit.
#pragma once
#include <CLI/CLI.hpp>
#include <iosfwd>
#include <string>
#include <vector>

#include "loader/registry.hpp"

namespace sluice::cli {

/// Every node type with its plugin, then what was refused and why.
int plugins_list(const engine::Registry& registry, bool json, std::ostream& out, std::ostream& err);
/// The reference of one node type, as plain text or Markdown.
int plugins_show(const engine::Registry& registry, const std::string& type, bool markdown, std::ostream& out,
                 std::ostream& err);
int plugins_check(const std::vector<std::string>& files, std::ostream& out, std::ostream& err);

/// Where to look: what the command line says, or else the default places.
engine::Registry chosen_registry(const std::vector<std::string>& from_command_line);
std::vector<std::filesystem::path> chosen_directories(const std::vector<std::string>& from_command_line);

/// Adds the command. `directories`, the streams and `exit_code` must live until the app has been parsed; the code is
/// set when the command was the one called.
void add_plugins_command(CLI::App& app, const std::vector<std::string>& directories, std::ostream& out,
                         std::ostream& err, int& exit_code);

}  // namespace sluice::cli
