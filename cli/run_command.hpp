// SPDX-License-Identifier: Apache-2.0
// `sluice run GRAPH`: plans the graph, runs it until it ends or a signal comes, and prints the receipt. A first SIGINT
// or SIGTERM drains, a second one stops at once. Logs go to the error stream, the receipt to the output stream.
#pragma once
#include <CLI/CLI.hpp>
#include <iosfwd>
#include <string>
#include <vector>

namespace sluice::cli {

struct RunOptions {
  std::string graph;
  std::string process;
  bool is_dry_run = false;
  bool is_quiet = false;
  std::string receipt_file;
  double drain_seconds = 30;
  double seconds = 0;  ///< stop in order after this time; 0: no end
};

int run(const RunOptions& options, const std::vector<std::string>& plugin_directories, std::ostream& out,
        std::ostream& err);

/// As add_plugins_command.
void add_run_command(CLI::App& app, const std::vector<std::string>& directories, std::ostream& out, std::ostream& err,
                     int& exit_code);

}  // namespace sluice::cli
