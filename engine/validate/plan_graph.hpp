// SPDX-License-Identifier: Apache-2.0
// Spec + loaded node types -> plan: everything that is checked before a graph runs, all problems in one pass. A plan
// comes out only without errors, those that the diagnostics held before included; so `validate` cannot check less than
// a run does. Opens nothing, connects to nothing, prints nothing. Use:
//
//   Registry registry(default_plugin_directories());           // must outlive the plan: it owns the node types
//   GraphSpec spec = read_graph(source, environment, diagnostics);
//   Planned planned = plan_graph(spec, registry, environment, {.process = "ingest"}, diagnostics);
//   if (planned.plan) GraphRuntime runtime(std::move(*planned.plan), ...);
//
// The outcome as text or JSON: plan_text.hpp.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "graph/diagnostic.hpp"
#include "graph/environment.hpp"
#include "graph/plan.hpp"
#include "graph/spec.hpp"
#include "loader/registry.hpp"

namespace sluice::engine {

struct PlanOptions {
  std::string process;        ///< empty: the graph runs as one
  uint64_t memory_limit = 0;  ///< bytes that this process can have at most; 0: not known
};

/// One line of the memory bound.
struct MemoryItem {
  std::string what;
  uint64_t bytes = 0;
  Place place{};
};

struct Planned {
  std::optional<Plan> plan;
  std::vector<Diagnostic> notes;   ///< worth knowing, nothing to mend; by place
  std::vector<MemoryItem> memory;  ///< what adds up to Plan::memory_bytes
  // With ask_servers: nodes whose servers were asked, and nodes that have none to ask.
  std::vector<std::string> asked{};
  std::vector<std::string> not_asked{};
};

Planned plan_graph(const GraphSpec& spec, const Registry& registry, const Environment& environment,
                   const PlanOptions& options, Diagnostics& diagnostics);

}  // namespace sluice::engine
