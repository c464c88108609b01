// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include "graph/did_you_mean.hpp"
#include "validate/steps.hpp"

namespace sluice::engine {
namespace {

std::vector<std::string> output_names(const Described& described) {
  std::vector<std::string> names;
  for (const DescribedOutput& output : described.outputs) names.push_back(output.name);
  return names;
}

/// The port that an edge without one means: the only one, or the one of the usual name.
std::optional<uint32_t> find_port(const std::vector<std::string>& names, const std::string& wanted,
                                  const std::string& usual) {
  if (wanted.empty() && names.size() == 1) return 0;
  const auto found = std::find(names.begin(), names.end(), wanted.empty() ? usual : wanted);
  if (found == names.end()) return std::nullopt;
  return static_cast<uint32_t>(found - names.begin());
}

struct Side {
  const DraftNode& node;
  const PortSpec& spec;
  bool is_output;
};

std::optional<uint32_t> resolve(const Side& side, const DraftEdge& edge, Diagnostics& diagnostics) {
  const DraftNode& node = side.node;
  const std::string direction = side.is_output ? "output" : "input";
  if (side.is_output ? node.is_sink() : node.is_source()) {
    if (node.type == nullptr) return std::nullopt;
    diagnostics.error(Code::unknown_port, side.spec.place, edge.spec->subject(),
                      "\"" + node.name() + "\" is a " + std::string(kind_word(node.kind)) + " (" + node.type->name +
                          ") and has no " + direction + "; an edge cannot " + (side.is_output ? "leave" : "lead to") +
                          " it");
    return std::nullopt;
  }
  if (!node.described) return std::nullopt;
  const std::vector<std::string> names = side.is_output ? output_names(*node.described) : node.described->inputs;
  const std::optional<uint32_t> found = find_port(names, side.spec.port, side.is_output ? "out" : "in");
  if (found) return found;
  std::string sentence;
  if (names.empty()) {
    sentence = "\"" + node.name() + "\" has no " + direction + " with these options";
  } else if (side.spec.port.empty()) {
    sentence = "\"" + node.name() + "\" has several " + direction + "s: " + quoted_list(names) +
               "; write which, as in " + node.name() + "." + names.front();
  } else {
    sentence =
        "\"" + node.name() + "\" has no " + direction + " \"" + side.spec.port + "\"; it has " + quoted_list(names);
  }
  diagnostics.error(Code::unknown_port, side.spec.place, edge.spec->subject(), std::move(sentence),
                    side.spec.port.empty() ? std::string() : did_you_mean(side.spec.port, names));
  return std::nullopt;
}

void check_repeated(const Draft& draft, Diagnostics& diagnostics) {
  std::map<std::array<size_t, 4>, const DraftEdge*> seen;
  for (const DraftEdge& edge : draft.edges) {
    if (!edge.from_port || !edge.to_port) continue;
    const auto [first, is_new] = seen.try_emplace({edge.from, *edge.from_port, edge.to, *edge.to_port}, &edge);
    // The reader of the file has reported those that are written alike.
    if (is_new || first->second->name == edge.name) continue;
    diagnostics.add({Code::duplicate_edge,
                     Severity::error,
                     edge.spec->from.place,
                     edge.spec->subject(),
                     "this edge joins the same ports as \"" + first->second->name + "\" at line " +
                         std::to_string(first->second->spec->from.place.line) + "; keep one of the two",
                     {},
                     first->second->spec->from.place});
  }
}

/// A port that an edge names without the node having it was meant for one of those that are open.
bool has_unresolved(const Draft& draft, const std::vector<size_t>& edges, bool is_output) {
  return std::any_of(edges.begin(), edges.end(), [&](size_t index) {
    const DraftEdge& edge = draft.edges[index];
    return is_output ? !edge.from_port : !edge.to_port;
  });
}

void check_wired(const Draft& draft, const DraftNode& node, Diagnostics& diagnostics) {
  if (node.in.empty() && node.out.empty() && node.dead_letters.empty()) {
    diagnostics.error(Code::unwired_node, node.spec->name.place, node.subject(),
                      "no edge reaches or leaves the node; wire it under edges, or remove it");
    return;
  }
  if (!node.described) return;
  const auto report = [&](const std::string& direction, const std::string& port, const std::string& what) {
    diagnostics.error(Code::unwired_port, node.spec->name.place, node.subject(),
                      "the " + direction + " \"" + port + "\" has no edge; " + what);
  };
  if (!has_unresolved(draft, node.in, false) && !node.is_source()) {
    for (uint32_t port = 0; port < node.described->inputs.size(); ++port) {
      const auto leads_here = [&](size_t edge) { return draft.edges[edge].to_port == port; };
      if (std::any_of(node.in.begin(), node.in.end(), leads_here)) continue;
      const std::string& name = node.described->inputs[port];
      const auto usual = find_port(node.described->inputs, "", "in");
      if (!node.dead_letters.empty() && usual == port) continue;
      report("input", name, "add an edge to " + node.name() + (node.described->inputs.size() > 1 ? "." + name : ""));
    }
  }
  if (has_unresolved(draft, node.out, true) || node.is_sink()) return;
  const std::vector<DescribedOutput>& outputs = node.described->outputs;
  for (uint32_t port = 0; port < outputs.size(); ++port) {
    const auto leaves_here = [&](size_t edge) { return draft.edges[edge].from_port == port; };
    if (outputs[port].optional || std::any_of(node.out.begin(), node.out.end(), leaves_here)) continue;
    const std::string written = node.name() + (outputs.size() > 1 ? "." + outputs[port].name : "");
    // A port such as `malformed` may be given up by an option of its name.
    const bool has_option = std::any_of(node.type->options.begin(), node.type->options.end(),
                                        [&](const auto& option) { return name_of(option) == outputs[port].name; });
    report("output", outputs[port].name,
           "add an edge " + written + " -> NODE" +
               (has_option ? ", or decide what happens to it with the option " + outputs[port].name : ""));
  }
}

}  // namespace

void connect_ports(Draft& draft, Diagnostics& diagnostics) {
  for (DraftEdge& edge : draft.edges) {
    edge.from_port = resolve({draft.nodes[edge.from], edge.spec->from, true}, edge, diagnostics);
    edge.to_port = resolve({draft.nodes[edge.to], edge.spec->to, false}, edge, diagnostics);
  }
  check_repeated(draft, diagnostics);
  if (!draft.edges_are_whole) return;
  for (const DraftNode& node : draft.nodes) check_wired(draft, node, diagnostics);
}

}  // namespace sluice::engine
