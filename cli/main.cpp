// SPDX-License-Identifier: Apache-2.0
// The program: one subcommand a file, this one only puts them together.
#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <iostream>
#include <string>
#include <vector>

#include "exit_code.hpp"
#include "graph_command.hpp"
#include "plugins_command.hpp"
#include "run_command.hpp"
#include "schema_command.hpp"
#include "signals.hpp"
#include "standard_streams.hpp"
#include "validate_command.hpp"

int main(int argc, char** argv) {
  sluice::cli::keep_closed_streams_closed();
  // Before anything else: a signal that comes this early is for the run to handle, too.
  sluice::cli::Signals::block();
  CLI::App app{
      "Sluice moves streams of records through a graph that a YAML file declares.\n"
      "Nodes say what happens to records; edges say how much may wait, what gives way\n"
      "when it is too much, and who answers for a record until it is safe.\n"};
  app.name("sluice");
  app.set_version_flag("--version", std::string("sluice ") + SLUICE_VERSION);
  app.require_subcommand(1);
  app.footer(
      std::string("Start here:\n"
                  "  sluice validate graphs/quickstart.yaml   what is proved of a graph, or what is wrong with it\n"
                  "  sluice run graphs/quickstart.yaml        run it; Ctrl-C drains it and prints its receipt\n"
                  "  sluice plugins list                      node types there are; `plugins show TYPE` for one\n\n") +
      sluice::cli::exit_code_table);

  std::vector<std::string> plugin_directories;
  app.add_option("--plugins", plugin_directories,
                 "Directories with plugins, instead of $SLUICE_PLUGIN_PATH and lib/sluice beside the program");

  int exit_code = sluice::cli::exit_ok;
  sluice::cli::add_run_command(app, plugin_directories, std::cout, std::cerr, exit_code);
  sluice::cli::add_validate_command(app, plugin_directories, std::cout, std::cerr, exit_code);
  sluice::cli::add_graph_command(app, plugin_directories, std::cout, std::cerr, exit_code);
  sluice::cli::add_plugins_command(app, plugin_directories, std::cout, std::cerr, exit_code);
  sluice::cli::add_schema_command(app, plugin_directories, std::cout, std::cerr, exit_code);

  for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; })) {
    if (command->get_name() != "run") command->preparse_callback([](size_t) { sluice::cli::Signals::release(); });
  }

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? sluice::cli::exit_ok : sluice::cli::exit_usage;
  }
  if (!std::cout.flush()) {
    std::cerr << "the output could not be written in full: " << std::strerror(errno) << '\n';
    if (exit_code == sluice::cli::exit_ok) exit_code = sluice::cli::exit_output_lost;
  }
  return exit_code;
}
