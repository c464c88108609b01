// SPDX-License-Identifier: Apache-2.0
#include "graph_command.hpp"

#include <fmt/format.h>

#include <fstream>
#include <memory>
#include <ostream>

#include "exit_code.hpp"
#include "graph/diagnostic_render.hpp"
#include "graph_file.hpp"
#include "plugins_command.hpp"
#include "validate/graph_picture.hpp"

namespace sluice::cli {
namespace {

/// The whole file is drawn from its spec: also one whose plugins are not there, with its processes marked.
std::string picture_of(const GraphFile& file, const GraphOptions& options, const engine::Registry& registry) {
  const auto drawn = [&](auto&& picture) {
    return options.process.empty() ? picture(file.spec, registry) : picture(*file.planned.plan);
  };
  if (options.format == "dot") return drawn([](const auto&... of) { return engine::dot_text(of...); });
  if (options.format == "svg") return drawn([](const auto&... of) { return engine::svg_text(of...); });
  return drawn([](const auto&... of) { return engine::mermaid_text(of...); });
}

}  // namespace

int draw(const GraphOptions& options, const engine::Registry& registry, std::ostream& out, std::ostream& err) {
  const GraphFile file = load_graph(options.graph, options.process, registry);
  if (file.diagnostics.has_errors()) err << engine::render_text(file.diagnostics, file.source);
  const bool is_drawable = options.process.empty() ? !file.spec.nodes.empty() : file.planned.plan.has_value();
  if (!is_drawable) return exit_invalid;
  const std::string picture = picture_of(file, options, registry);
  if (options.output_file.empty()) {
    out << picture;
    return exit_ok;
  }
  std::ofstream to(options.output_file);
  to << picture;
  if (!to.flush()) {
    err << fmt::format("{}: the file cannot be written; choose another one\n", options.output_file);
    return exit_invalid;
  }
  return exit_ok;
}

void add_graph_command(CLI::App& app, const std::vector<std::string>& directories, std::ostream& out, std::ostream& err,
                       int& exit_code) {
  auto options = std::make_shared<GraphOptions>();
  CLI::App* command = app.add_subcommand("graph", "Draw a graph: Mermaid, DOT or SVG");
  command->add_option("graph", options->graph, "The graph's YAML file")->required();
  command->add_option("--process", options->process, "Draw only this process of the graph");
  command->add_option("--format", options->format, "mermaid, dot or svg")
      ->capture_default_str()
      ->check(CLI::IsMember({"mermaid", "dot", "svg"}));
  command->add_option("-o,--output", options->output_file, "Write to this file instead of standard output");
  command->callback([options, &directories, &out, &err, &exit_code] {
    const engine::Registry registry = chosen_registry(directories);
    exit_code = draw(*options, registry, out, err);
  });
}

}  // namespace sluice::cli
