// SPDX-License-Identifier: Apache-2.0
// From the text of a graph to its plan with the stand-in node types, in one call; and how a test asks what came of it.
#pragma once
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "graph/spec_reader.hpp"
#include "validate/plan_graph.hpp"
#include "validate/plan_text.hpp"

namespace sluice::engine::testing {

inline const Registry& stand_ins() {
  static const Registry registry({VALIDATE_PLUGINS});
  return registry;
}

/// What the machine of these tests has.
constexpr uint64_t test_memory = uint64_t{1} << 40U;

struct Outcome {
  SourceText source;
  Diagnostics diagnostics;
  Planned planned;

  std::string text() const { return plan_text(planned, diagnostics, source); }
  std::vector<std::string> codes() const {
    std::vector<std::string> words;
    for (const Diagnostic& one : diagnostics.sorted()) words.emplace_back(word(one.code));
    return words;
  }
  const Plan& plan() const { return *planned.plan; }
  const PlanNode& node(const std::string& name) const {
    return *std::find_if(plan().nodes.begin(), plan().nodes.end(), [&](const PlanNode& n) { return n.name == name; });
  }
  const PlanEdge& edge(const std::string& name) const {
    return *std::find_if(plan().edges.begin(), plan().edges.end(), [&](const PlanEdge& e) { return e.name == name; });
  }
  Guarantee guarantee(const std::string& from, const std::string& to) const {
    for (const PlanSegment& one : plan().segments) {
      if (one.from == from && one.to == to) return one.guarantee;
    }
    throw std::runtime_error("no segment " + from + " -> " + to);
  }
};

inline Outcome plan_text_of(const std::string& text, const std::string& process = {},
                            std::map<std::string, std::string> variables = {}, const Registry& registry = stand_ins(),
                            const std::string& file = "graph.yaml") {
  Outcome outcome{SourceText(file, text), {}, {}};
  const Environment environment = fixed_environment(std::move(variables));
  const GraphSpec spec = read_graph(outcome.source, environment, outcome.diagnostics);
  outcome.planned =
      plan_graph(spec, registry, environment, {.process = process, .memory_limit = test_memory}, outcome.diagnostics);
  return outcome;
}

}  // namespace sluice::engine::testing
