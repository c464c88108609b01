// SPDX-License-Identifier: Apache-2.0
#include "schema_command.hpp"

#include <ostream>

#include "loader/graph_schema.hpp"
#include "plugins_command.hpp"

namespace sluice::cli {

int schema(const engine::Registry& registry, std::ostream& out, std::ostream& err) {
  out << engine::graph_schema(registry);
  for (const engine::RefusedPlugin& one : registry.refused()) err << "refused: " << one.sentence << "\n";
  return registry.refused().empty() ? 0 : 1;
}

void add_schema_command(CLI::App& app, const std::vector<std::string>& directories, std::ostream& out,
                        std::ostream& err, int& exit_code) {
  CLI::App* const command = app.add_subcommand("schema", "Write the JSON Schema of a graph file, for editors");
  command->callback(
      [&directories, &out, &err, &exit_code] { exit_code = schema(chosen_registry(directories), out, err); });
}

}  // namespace sluice::cli
