// SPDX-License-Identifier: Apache-2.0
// A graph as a picture, in text: Mermaid for documents, DOT for Graphviz, SVG for a browser. Sources, transforms, sinks
// and relays differ in shape; nodes of one stage share a colour; edges with a buffer are dashed and say their bound and
// what gives way; dead letters are dotted. From a plan: what one process runs. From a spec: the whole file, its
// processes framed, also when plugins are missing (their nodes' kinds are then guessed from the edges). Never fails,
// shows no option.
#pragma once
#include <string>

#include "graph/plan.hpp"
#include "graph/spec.hpp"
#include "loader/registry.hpp"

namespace sluice::engine {

std::string mermaid_text(const Plan& plan);
std::string dot_text(const Plan& plan);
std::string svg_text(const Plan& plan);
std::string mermaid_text(const GraphSpec& spec, const Registry& registry);
std::string dot_text(const GraphSpec& spec, const Registry& registry);
std::string svg_text(const GraphSpec& spec, const Registry& registry);

}  // namespace sluice::engine
