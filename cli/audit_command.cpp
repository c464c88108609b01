// SPDX-License-Identifier: Apache-2.0
#include "audit_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <ostream>

#include "audit/scan_stores.hpp"
#include "exit_code.hpp"
#include "graph/diagnostic_render.hpp"
#include "graph/did_you_mean.hpp"
#include "graph_file.hpp"
#include "options/option_table.hpp"
#include "plugins_command.hpp"

namespace sluice::cli {
namespace {

/// Leaves the stores that were asked for. False: one of them is not there.
bool choose(const AuditCommandOptions& options, const engine::Plan& plan, engine::Auditing& what, std::ostream& err) {
  if (options.stores.empty()) return true;
  std::vector<std::string> names;
  for (const size_t store : what.stores) names.push_back(plan.nodes[store].name);
  for (const std::string& name : options.stores) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    const std::string meant = engine::did_you_mean(name, names);
    err << fmt::format("{}: --from {}: no store of this name can be audited; {}\n", options.graph, name,
                       meant.empty() ? "name one of " + engine::joined(names) : "did you mean \"" + meant + "\"?");
    return false;
  }
  std::erase_if(what.stores, [&](size_t store) {
    return std::find(options.stores.begin(), options.stores.end(), plan.nodes[store].name) == options.stores.end();
  });
  what.not_audited.clear();
  return true;
}

int exit_code_of(const engine::AuditReport& report) {
  if (report.is_complete()) return exit_ok;
  return !report.is_read() && report.missing() == 0 ? exit_not_started : exit_may_have_lost;
}

}  // namespace

int audit(const AuditCommandOptions& options, const engine::Registry& registry, std::ostream& out, std::ostream& err) {
  const GraphFile file = load_graph(options.graph, {}, registry);
  if (!file.planned.plan) {
    err << engine::render_text(file.diagnostics, file.source);
    return exit_invalid;
  }
  const engine::Plan& plan = *file.planned.plan;
  engine::Auditing what = engine::find_auditing(plan);
  if (what.series.empty()) {
    err << fmt::format(
        "{}: no source of this graph declares ids that say what is missing; audit a graph with such a "
        "source, as docs/audit.md names them\n",
        options.graph);
    return exit_invalid;
  }
  if (what.stores.empty()) {
    err << fmt::format("{}: no store behind such a source can be read; docs/audit.md names those that can\n",
                       options.graph);
    return exit_invalid;
  }
  if (!choose(options, plan, what, err)) return exit_invalid;
  std::ofstream picture;
  if (!options.picture_file.empty()) {
    picture.open(options.picture_file);
    if (!picture) {
      err << fmt::format("{}: the file cannot be written; choose another one\n", options.picture_file);
      return exit_invalid;
    }
  }
  engine::AuditOptions how;
  how.received = options.received;
  how.has_picture = picture.is_open();
  const engine::AuditReport report = engine::audit_stores(plan, what, how);
  out << (options.as_json ? engine::audit_json(report) : engine::audit_text(report));
  if (picture.is_open()) {
    picture << engine::audit_svg(report);
    if (!picture.flush()) {
      err << fmt::format("{}: the file cannot be written; choose another one\n", options.picture_file);
      return exit_output_lost;
    }
  }
  return exit_code_of(report);
}

void add_audit_command(CLI::App& app, const std::vector<std::string>& directories, std::ostream& out, std::ostream& err,
                       int& exit_code) {
  auto options = std::make_shared<AuditCommandOptions>();
  CLI::App* command = app.add_subcommand("audit", "Read all that the stores of a graph hold; print what is missing");
  command->add_option("graph", options->graph, "The graph's YAML file")->required();
  command->add_option("--from", options->stores, "Read only these nodes; default: all stores behind the sources");
  command->add_option("--received", options->received,
                      "The field with the time of receipt, as a stamp node adds it; also measures delays from there");
  command->add_option("--svg", options->picture_file, "Also draw coverage and prices over time into this file");
  command->add_flag("--json", options->as_json, "Print one line of JSON instead of text");
  command->callback([options, &directories, &out, &err, &exit_code] {
    const engine::Registry registry = chosen_registry(directories);
    exit_code = audit(*options, registry, out, err);
  });
}

}  // namespace sluice::cli
