// SPDX-License-Identifier: Apache-2.0
#include "graph_file.hpp"

#include "graph/environment.hpp"
#include "graph/spec_reader.hpp"
#include "machine_memory.hpp"

namespace sluice::cli {

GraphFile load_graph(const std::string& path, const std::string& process, const engine::Registry& registry) {
  engine::Diagnostics diagnostics;
  engine::Parsed<engine::SourceText> source = engine::read_source_file(path);
  if (!source) {
    diagnostics.error(source.problem().code, {}, {}, source.problem().sentence);
    return {engine::SourceText(path, ""), {}, std::move(diagnostics), {}};
  }
  const engine::Environment environment = engine::process_environment();
  engine::GraphSpec spec = engine::read_graph(*source, environment, diagnostics);
  engine::Planned planned = engine::plan_graph(spec, registry, environment,
                                               {.process = process, .memory_limit = machine_memory()}, diagnostics);
  return {std::move(*source), std::move(spec), std::move(diagnostics), std::move(planned)};
}

}  // namespace sluice::cli
