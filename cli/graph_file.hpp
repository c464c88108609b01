// SPDX-License-Identifier: Apache-2.0
// From a file name to a plan with every problem found on the way: what run, validate and graph have in common. Keeps
// alive what the plan points into. Prints nothing.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "graph/diagnostic.hpp"
#include "graph/source_text.hpp"
#include "validate/plan_graph.hpp"

namespace sluice::cli {

struct GraphFile {
  engine::SourceText source;
  engine::GraphSpec spec;
  engine::Diagnostics diagnostics;
  engine::Planned planned;
};

/// The registry must outlive the result. A file that cannot be read is a diagnostic too.
GraphFile load_graph(const std::string& path, const std::string& process, const engine::Registry& registry);

}  // namespace sluice::cli
