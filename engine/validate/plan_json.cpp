// SPDX-License-Identifier: Apache-2.0
#include "graph/diagnostic_render.hpp"
#include "validate/plan_text.hpp"

namespace sluice::engine {
namespace {

template <typename Items, typename Each>
std::string json_list(const Items& items, Each each) {
  std::string out = "[";
  for (const auto& item : items) {
    if (out.size() > 1) out += ",";
    out += each(item);
  }
  return out + "]";
}

std::string bound_json(const Bound& bound) {
  return "{\"records\":" + std::to_string(bound.records) + ",\"bytes\":" + std::to_string(bound.bytes) + "}";
}

std::string node_json(const PlanNode& node) {
  std::string out = "{\"name\":" + json_quoted(node.name) + ",\"type\":" + json_quoted(node.type_name) +
                    ",\"line\":" + std::to_string(node.place.line) + ",\"stage\":" + std::to_string(node.stage);
  if (node.is_source()) out += ",\"in_flight\":" + bound_json(node.in_flight);
  return out + "}";
}

std::string edge_json(const Plan& plan, const PlanEdge& edge) {
  std::string out = "{\"name\":" + json_quoted(edge.name) + ",\"line\":" + std::to_string(edge.place.line);
  if (edge.buffered) {
    out += ",\"buffer\":" + bound_json(edge.bound) + ",\"when_full\":" + json_quoted(word(edge.when_full)) +
           ",\"commit\":" + json_quoted(word(edge.commit));
  }
  if (edge.dead_letter != 0) {
    const PlanDeadLetter& one = plan.dead_letters[edge.dead_letter - 1];
    out += ",\"dead_letter\":{\"to\":" + json_quoted(plan.nodes[one.to].name) + ",\"buffer\":" + bound_json(one.bound) +
           ",\"stop_after\":{\"rejects\":" + std::to_string(one.stop_after.rejects) +
           ",\"of\":" + std::to_string(one.stop_after.of) + "}}";
  }
  return out + "}";
}

std::string plan_part(const Planned& planned, const Diagnostics& diagnostics) {
  const Plan& plan = *planned.plan;
  const auto masked = [&](const std::string& text) { return json_quoted(diagnostics.secrecy().masked(text)); };
  std::string out = "{\"graph\":" + json_quoted(plan.graph) + ",\"process\":" + json_quoted(plan.process);
  if (plan.latency_budget_ns > 0) out += ",\"latency_ns\":" + std::to_string(plan.latency_budget_ns);
  out += ",\"segments\":" + json_list(plan.segments, [&](const PlanSegment& one) {
           return "{\"from\":" + json_quoted(one.from) + ",\"to\":" + json_quoted(one.to) +
                  ",\"guarantee\":" + json_quoted(word(one.guarantee)) +
                  ",\"reasons\":" + json_list(one.reasons, masked) + "}";
         });
  out += ",\"stages\":" + json_list(plan.stages, [&](const PlanStage& stage) {
           return json_list(stage.nodes, [&](size_t node) { return json_quoted(plan.nodes[node].name); });
         });
  out +=
      ",\"attributes\":" + json_list(plan.attributes, [](const PlanAttribute& one) { return json_quoted(one.name); });
  out += ",\"nodes\":" + json_list(plan.nodes, node_json);
  out += ",\"edges\":" + json_list(plan.edges, [&](const PlanEdge& edge) { return edge_json(plan, edge); });
  out += ",\"memory\":{\"bytes\":" + std::to_string(plan.memory_bytes) + ",\"items\":" +
         json_list(planned.memory,
                   [](const MemoryItem& item) {
                     return "{\"what\":" + json_quoted(item.what) + ",\"bytes\":" + std::to_string(item.bytes) + "}";
                   }) +
         "}";
  return out + "}";
}

}  // namespace

std::string plan_json(const Planned& planned, const Diagnostics& diagnostics, const SourceText& source) {
  std::string out = "{\"file\":" + json_quoted(source.file()) + ",\"valid\":" + (planned.plan ? "true" : "false") +
                    ",\"diagnostics\":" + render_json(diagnostics, source);
  const auto masked = [&](const std::string& text) { return json_quoted(diagnostics.secrecy().masked(text)); };
  out += ",\"notes\":" + json_list(planned.notes, [&](const Diagnostic& note) {
           return "{\"code\":" + json_quoted(word(note.code)) + ",\"line\":" + std::to_string(note.place.line) +
                  ",\"column\":" + std::to_string(note.place.column) + ",\"subject\":" + masked(note.subject) +
                  ",\"sentence\":" + masked(note.sentence) + "}";
         });
  if (!planned.asked.empty() || !planned.not_asked.empty()) {
    const auto quoted = [](const std::string& name) { return json_quoted(name); };
    out += ",\"asked\":" + json_list(planned.asked, quoted) + ",\"not_asked\":" + json_list(planned.not_asked, quoted);
  }
  if (planned.plan) out += ",\"plan\":" + plan_part(planned, diagnostics);
  return out + "}";
}

}  // namespace sluice::engine
