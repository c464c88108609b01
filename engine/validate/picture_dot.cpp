// SPDX-License-Identifier: Apache-2.0
#include "validate/graph_picture.hpp"
#include "validate/picture.hpp"

namespace sluice::engine {
namespace {

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return out + "\"";
}

std::string_view shape(uint32_t kind) {
  switch (kind) {
    case SLUICE_SOURCE:
      return "oval";
    case SLUICE_SINK:
      return "cylinder";
    case SLUICE_RELAY:
      return "hexagon";
    default:
      return "box";
  }
}

std::string line(const Picture::Node& node, const std::string& indent) {
  const std::string_view colour = node.kind == SLUICE_RELAY ? "white" : colour_of(node.stage);
  return indent + quoted(node.name) + " [label=" + quoted(node.name + "\n" + node.type) +
         ", shape=" + std::string(shape(node.kind)) + ", fillcolor=\"" + std::string(colour) + "\"];\n";
}

std::string dot(const Picture& picture) {
  std::string out = "digraph " + quoted(picture.title) + " {\n  label=" + quoted(picture.title) +
                    ";\n  labelloc=t;\n  rankdir=LR;\n  fontname=\"Helvetica\";\n"
                    "  node [style=filled, fontname=\"Helvetica\", fontsize=11];\n"
                    "  edge [fontname=\"Helvetica\", fontsize=9];\n";
  for (size_t frame = 0; frame < picture.frames.size(); ++frame) {
    out += "  subgraph " + quoted("cluster_" + picture.frames[frame]) +
           " {\n    label=" + quoted("process " + picture.frames[frame]) + ";\n    color=\"#94a3b8\";\n";
    for (const Picture::Node& node : picture.nodes) {
      if (node.frames.size() == 1 && node.frames.front() == frame) out += line(node, "    ");
    }
    out += "  }\n";
  }
  for (const Picture::Node& node : picture.nodes) {
    if (node.frames.size() != 1) out += line(node, "  ");
  }
  for (const Picture::Edge& edge : picture.edges) {
    out += "  " + quoted(edge.from) + " -> " + quoted(edge.to) + " [";
    if (!edge.label.empty()) out += "label=" + quoted(edge.label) + ", ";
    out += edge.is_dead_letter ? "style=dotted, color=\"#b91c1c\", fontcolor=\"#b91c1c\"];\n"
           : edge.is_buffered  ? "style=dashed];\n"
                               : "style=solid];\n";
  }
  return out + "}\n";
}

}  // namespace

std::string dot_text(const Plan& plan) { return dot(picture_of(plan)); }
std::string dot_text(const GraphSpec& spec, const Registry& registry) { return dot(picture_of(spec, registry)); }

}  // namespace sluice::engine
