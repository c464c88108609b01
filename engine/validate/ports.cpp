// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include "graph/did_you_mean.hpp"
#include "validate/steps.hpp"

namespace sluice::engine {

std::optional<uint32_t> find_port(const std::vector<std::string>& names, const std::string& wanted,
                                  const std::string& usual) {
  if (wanted.empty() && names.size() == 1) return 0;
  const auto found = std::find(names.begin(), names.end(), wanted.empty() ? usual : wanted);
  if (found == names.end()) return std::nullopt;
  return static_cast<uint32_t>(found - names.begin());
}

namespace {

std::vector<std::string> output_names(const Described& described) {
  std::vector<std::string> names;
  for (const DescribedOutput& output : described.outputs) names.push_back(output.name);
  return names;
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

}  // namespace

void connect_ports(Draft& draft, Diagnostics& diagnostics) {
  for (DraftEdge& edge : draft.edges) {
    edge.from_port = resolve({draft.nodes[edge.from], edge.spec->from, true}, edge, diagnostics);
    edge.to_port = resolve({draft.nodes[edge.to], edge.spec->to, false}, edge, diagnostics);
  }
  check_repeated(draft, diagnostics);
}

}  // namespace sluice::engine
