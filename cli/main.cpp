// SPDX-License-Identifier: Apache-2.0
// The program: one subcommand a file, this one only puts them together.
#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <iostream>
#include <string>
#include <system_error>
#include <vector>

#include "audit_command.hpp"
#include "crash_sentence.hpp"
#include "exit_code.hpp"
#include "graph_command.hpp"
#include "plugins_command.hpp"
#include "run_command.hpp"
#include "schema_command.hpp"
#include "signals.hpp"
#include "standard_streams.hpp"
#include "usage.hpp"
#include "validate_command.hpp"

namespace {

/// What was printed must have arrived: a full disk behind the output is no success.
int written(int exit_code) {
  // A stream that failed earlier tries nothing again, and what it met is still in errno.
  if (std::cout.good()) errno = 0;
  std::cout.flush();
  const bool is_written = std::fflush(stdout) == 0 && std::cout.good();
  if (is_written) return exit_code;
  const std::string reason = errno == 0 ? "it accepts no more data" : std::generic_category().message(errno);
  std::cerr << "error: the output could not be written: " << reason << "\n";
  return exit_code == sluice::cli::exit_ok ? sluice::cli::exit_output_lost : exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  sluice::cli::keep_closed_streams_closed();
  // Before anything else: a signal that comes this early is for the run to handle, too.
  sluice::cli::Signals::block();
  CLI::App app{
      "Sluice moves streams of records through a graph that a YAML file declares.\n"
      "Nodes process records. Edges set how many records may wait, what happens when an\n"
      "edge is full, and who is responsible for a record until it is safe.\n"};
  app.name("sluice");
  app.set_version_flag("--version", std::string("sluice ") + SLUICE_VERSION);
  app.require_subcommand(1);
  app.footer(
      std::string("Start here:\n"
                  "  sluice validate graphs/quickstart.yaml   print the guarantees of a graph, or its problems\n"
                  "  sluice run graphs/quickstart.yaml        run it; Ctrl-C drains it and prints its receipt\n"
                  "  sluice plugins list                      list node types; `plugins show TYPE` explains one\n\n") +
      sluice::cli::exit_code_table);

  std::vector<std::string> plugin_directories;
  app.add_option("--plugins", plugin_directories,
                 "Directories with plugins, instead of $SLUICE_PLUGIN_PATH and the program's lib/sluice");

  int exit_code = sluice::cli::exit_ok;
  sluice::cli::add_run_command(app, plugin_directories, std::cout, std::cerr, exit_code);
  sluice::cli::add_validate_command(app, plugin_directories, std::cout, std::cerr, exit_code);
  sluice::cli::add_audit_command(app, plugin_directories, std::cout, std::cerr, exit_code);
  sluice::cli::add_graph_command(app, plugin_directories, std::cout, std::cerr, exit_code);
  sluice::cli::add_plugins_command(app, plugin_directories, std::cout, std::cerr, exit_code);
  sluice::cli::add_schema_command(app, plugin_directories, std::cout, std::cerr, exit_code);

  for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; })) {
    if (command->get_name() != "run") command->preparse_callback([](size_t) { sluice::cli::Signals::release(); });
  }
  sluice::cli::name_plugins_that_crash();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return written(app.exit(error));
    const std::string hint = sluice::cli::usage_hint(app, {argv + 1, argv + argc});
    if (hint.empty()) {
      app.exit(error);
    } else {
      std::cerr << hint << "Run with --help for more information.\n";
    }
    return sluice::cli::exit_usage;
  }
  return written(exit_code);
}
