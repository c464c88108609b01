// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "graph/variables.hpp"
#include "options/option_reader.hpp"
#include "validate/steps.hpp"

namespace sluice::engine {
namespace {

bool any_variables(const YamlNode& node) {
  if (node.is_scalar()) return has_variables(node.text);
  return std::any_of(node.items.begin(), node.items.end(), any_variables) ||
         std::any_of(node.entries.begin(), node.entries.end(),
                     [](const YamlEntry& entry) { return any_variables(entry.value); });
}

void read_node_options(DraftNode& node, bool runs, const Environment& environment, Diagnostics& diagnostics) {
  OptionReading how;
  how.subject = node.subject();
  how.type_name = node.type->name;
  how.environment = &environment;
  how.expand = runs;
  how.place = node.spec->name.place;
  Diagnostics found;
  TypedConfig config = read_options(node.type->options, node.spec->options, how, found);
  diagnostics.absorb(found);
  if (!found.has_errors()) node.options = std::make_shared<const TypedConfig>(std::move(config));
}

void report_problems(DraftNode& node, bool runs, Diagnostics& diagnostics) {
  // Of a process that does not run, values with variables are not the ones it will run with.
  if (!runs && any_variables(node.spec->options)) return;
  for (const DescribedProblem& problem : node.described->problems) {
    node.has_problems = node.has_problems || !problem.warning;
    diagnostics.add({Code::bad_option,
                     problem.warning ? Severity::warning : Severity::error,
                     node.place_or_name(problem.place),
                     node.subject(),
                     problem.sentence,
                     {},
                     {}});
  }
}

void describe_node(DraftNode& node, bool runs, Diagnostics& diagnostics) {
  Result<Described> described = describe(*node.type, node.options->root(), node.role);
  if (!described) {
    diagnostics.error(Code::bad_option, node.spec->type.place, node.subject(), described.error().message);
    return;
  }
  node.described = std::move(*described);
  if (!runs && any_variables(node.spec->options)) {
    // These are not the values that it will run with.
    node.described->exclusive.clear();
    node.described->accepts.clear();
    node.described->values.clear();
  }
  report_problems(node, runs, diagnostics);
}

}  // namespace

void describe_nodes(Draft& draft, const Environment& environment, Diagnostics& diagnostics) {
  for (size_t i = 0; i < draft.nodes.size(); ++i) {
    DraftNode& node = draft.nodes[i];
    if (node.type == nullptr) continue;
    // The halves of a relay are neighbours and share their options, which are read as a whole when one of them runs.
    const bool is_second_half = node.role == SLUICE_ROLE_RELAY_OUTPUT && i > 0 && draft.nodes[i - 1].spec == node.spec;
    const bool has_second_half = i + 1 < draft.nodes.size() && draft.nodes[i + 1].spec == node.spec;
    const bool runs =
        node.runs || (is_second_half && draft.nodes[i - 1].runs) || (has_second_half && draft.nodes[i + 1].runs);
    if (is_second_half) {
      node.options = draft.nodes[i - 1].options;
    } else {
      read_node_options(node, runs, environment, diagnostics);
    }
    if (node.options != nullptr) describe_node(node, runs, diagnostics);
  }
}

}  // namespace sluice::engine
