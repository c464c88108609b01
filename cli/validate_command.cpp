// SPDX-License-Identifier: Apache-2.0
#include "validate_command.hpp"

#include <memory>
#include <ostream>

#include "exit_code.hpp"
#include "graph_file.hpp"
#include "plugins_command.hpp"
#include "validate/connect.hpp"
#include "validate/plan_text.hpp"

namespace sluice::cli {

int validate(const ValidateOptions& options, const engine::Registry& registry, std::ostream& out, std::ostream& err) {
  GraphFile file = load_graph(options.graph, options.process, registry);
  if (options.asks_servers) engine::ask_servers(file.planned, file.diagnostics);
  for (const std::string& warning : registry.warnings()) err << "warning: " << warning << '\n';
  out << (options.as_json
              ? engine::plan_json(file.planned, file.diagnostics, file.source)
              : engine::plan_text(file.planned, file.diagnostics, file.source,
                                  options.is_brief ? engine::TextLength::brief : engine::TextLength::whole));
  const bool is_sound = file.planned.plan && (!options.warnings_are_errors || file.diagnostics.empty());
  return is_sound ? exit_ok : exit_invalid;
}

void add_validate_command(CLI::App& app, const std::vector<std::string>& directories, std::ostream& out,
                          std::ostream& err, int& exit_code) {
  auto options = std::make_shared<ValidateOptions>();
  CLI::App* command =
      app.add_subcommand("validate", "Check a graph without running it; print all problems, or the guarantees");
  command->add_option("graph", options->graph, "The graph's YAML file")->required();
  command->add_option("--process", options->process, "Plan only this process of the graph");
  command->add_flag("--connect", options->asks_servers,
                    "Also ask the real servers about permissions, topics and tables; changes nothing there");
  command->add_flag("--json", options->as_json, "Print one line of JSON instead of text");
  command->add_flag("--brief", options->is_brief, "Print only problems and a one-line summary, without guarantees");
  command->add_flag("--strict", options->warnings_are_errors, "Exit with code 1 also for warnings");
  command->callback([options, &directories, &out, &err, &exit_code] {
    const engine::Registry registry = chosen_registry(directories);
    exit_code = validate(*options, registry, out, err);
  });
}

}  // namespace sluice::cli
