// SPDX-License-Identifier: Apache-2.0
#include "graph_command.hpp"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <optional>
#include <ostream>

#include "exit_code.hpp"
#include "graph/diagnostic_render.hpp"
#include "graph_file.hpp"
#include "plugins_command.hpp"
#include "validate/graph_picture.hpp"

namespace sluice::cli {
namespace {

void write_all(int to, const std::string& text) {
  for (size_t done = 0; done < text.size();) {
    const ssize_t written = ::write(to, text.data() + done, text.size() - done);
    if (written <= 0) return;
    done += static_cast<size_t>(written);
  }
}

/// Graphviz's SVG of a DOT text; nothing when `dot` is not installed or fails.
std::optional<std::string> svg_of(const std::string& dot) {
  int to_dot[2];
  int from_dot[2];
  if (pipe(to_dot) != 0 || pipe(from_dot) != 0) return std::nullopt;
  const pid_t child = fork();
  if (child == 0) {
    dup2(to_dot[0], STDIN_FILENO);
    dup2(from_dot[1], STDOUT_FILENO);
    for (const int end : {to_dot[0], to_dot[1], from_dot[0], from_dot[1]}) close(end);
    execlp("dot", "dot", "-Tsvg", nullptr);
    _exit(127);
  }
  close(to_dot[0]);
  close(from_dot[1]);
  write_all(to_dot[1], dot);
  close(to_dot[1]);
  std::string svg;
  char piece[4096];
  for (ssize_t got = 0; (got = ::read(from_dot[0], piece, sizeof piece)) > 0;) {
    svg.append(piece, static_cast<size_t>(got));
  }
  close(from_dot[0]);
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child || status != 0) return std::nullopt;
  return svg;
}

}  // namespace

int draw(const GraphOptions& options, const engine::Registry& registry, std::ostream& out, std::ostream& err) {
  const GraphFile file = load_graph(options.graph, options.process, registry);
  if (file.diagnostics.has_errors()) err << engine::render_text(file.diagnostics, file.source);
  // The whole file is drawn from its spec: also one whose plugins are not there, with its processes framed.
  const bool is_drawable = options.process.empty() ? !file.spec.nodes.empty() : file.planned.plan.has_value();
  if (!is_drawable) return exit_invalid;
  const auto drawn = [&](auto&& of_plan, auto&& of_spec) { return options.process.empty() ? of_spec() : of_plan(); };
  std::string picture;
  if (options.format == "mermaid") {
    picture = drawn([&] { return engine::mermaid_text(*file.planned.plan); },
                    [&] { return engine::mermaid_text(file.spec, registry); });
  } else {
    picture = drawn([&] { return engine::dot_text(*file.planned.plan); },
                    [&] { return engine::dot_text(file.spec, registry); });
    if (options.format == "svg") {
      const auto svg = svg_of(picture);
      if (!svg) {
        err << "SVG needs Graphviz: install the package graphviz, or take --format dot or mermaid\n";
        return exit_invalid;
      }
      picture = *svg;
    }
  }
  if (options.output_file.empty()) {
    out << picture;
    return exit_ok;
  }
  std::ofstream to(options.output_file);
  to << picture;
  if (!to.flush()) {
    err << fmt::format("{}: cannot be written; choose another file\n", options.output_file);
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
  command->add_option("--format", options->format, "mermaid, dot, or svg (which needs Graphviz)")
      ->capture_default_str()
      ->check(CLI::IsMember({"mermaid", "dot", "svg"}));
  command->add_option("-o,--output", options->output_file, "Write to this file instead of the output");
  command->callback([options, &directories, &out, &err, &exit_code] {
    const engine::Registry registry(chosen_directories(directories));
    exit_code = draw(*options, registry, out, err);
  });
}

}  // namespace sluice::cli
