// SPDX-License-Identifier: Apache-2.0
#include "validate/graph_picture.hpp"
#include "validate/picture.hpp"

namespace sluice::engine {
namespace {

// Names of nodes may be words that Mermaid keeps for itself, such as end.
std::string id(const std::string& name) { return "n_" + name; }

std::string shape(const Picture::Node& node) {
  const std::string text = "\"" + node.name + "<br/><small>" + node.type + "</small>\"";
  switch (node.kind) {
    case SLUICE_SOURCE:
      return "([" + text + "])";
    case SLUICE_SINK:
      return "[(" + text + ")]";
    case SLUICE_RELAY:
      return "{{" + text + "}}";
    default:
      return "[" + text + "]";
  }
}

std::string with_breaks(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '\n' ? std::string("<br/>") : std::string(1, c);
  return out;
}

std::string line(const Picture::Node& node, const std::string& indent) {
  return indent + id(node.name) + shape(node) + "\n";
}

std::string mermaid(const Picture& picture) {
  std::string out = "---\ntitle: " + picture.title + "\n---\nflowchart LR\n";
  for (size_t frame = 0; frame < picture.frames.size(); ++frame) {
    out += "  subgraph p_" + picture.frames[frame] + "[\"process " + picture.frames[frame] + "\"]\n";
    for (const Picture::Node& node : picture.nodes) {
      if (node.frames.size() == 1 && node.frames.front() == frame) out += line(node, "    ");
    }
    out += "  end\n";
  }
  for (const Picture::Node& node : picture.nodes) {
    if (node.frames.size() != 1) out += line(node, "  ");
  }
  for (const Picture::Edge& edge : picture.edges) {
    const std::string label = with_breaks(edge.label);
    if (edge.is_dead_letter) {
      out += "  " + id(edge.from) + " -. \"" + label + "\" .-x " + id(edge.to) + "\n";
    } else if (edge.is_buffered) {
      out += "  " + id(edge.from) + " -. \"" + label + "\" .-> " + id(edge.to) + "\n";
    } else {
      out += "  " + id(edge.from) + (label.empty() ? " --> " : " -- \"" + label + "\" --> ") + id(edge.to) + "\n";
    }
  }
  for (const Picture::Node& node : picture.nodes) {
    if (node.kind == SLUICE_RELAY) continue;
    out += "  style " + id(node.name) + " fill:" + std::string(colour_of(node.stage)) + ",color:#111\n";
  }
  return out;
}

}  // namespace

std::string mermaid_text(const Plan& plan) { return mermaid(picture_of(plan)); }
std::string mermaid_text(const GraphSpec& spec, const Registry& registry) {
  return mermaid(picture_of(spec, registry));
}

}  // namespace sluice::engine
