// SPDX-License-Identifier: Apache-2.0
#include "graph/diagnostic_render.hpp"
#include "graph/json_writer.hpp"
#include "validate/plan_text.hpp"

namespace sluice::engine {
namespace {

void add_bound(std::string_view name, const Bound& bound, JsonWriter& json) {
  json.key(name).begin_object().member("records", bound.records).member("bytes", bound.bytes).end_object();
}

void add_node(const PlanNode& node, JsonWriter& json) {
  json.begin_object()
      .member("name", node.name)
      .member("type", node.type_name)
      .member("line", node.place.line)
      .member("stage", node.stage);
  if (node.is_source()) add_bound("in_flight", node.in_flight, json);
  json.end_object();
}

void add_edge(const Plan& plan, const PlanEdge& edge, JsonWriter& json) {
  json.begin_object().member("name", edge.name).member("line", edge.place.line);
  if (edge.buffered) {
    add_bound("buffer", edge.bound, json);
    json.member("when_full", word(edge.when_full)).member("commit", word(edge.commit));
  }
  if (edge.dead_letter != 0) {
    const PlanDeadLetter& one = plan.dead_letters[edge.dead_letter - 1];
    json.key("dead_letter").begin_object().member("to", plan.nodes[one.to].name);
    add_bound("buffer", one.bound, json);
    json.key("stop_after")
        .begin_object()
        .member("rejects", one.stop_after.rejects)
        .member("of", one.stop_after.of)
        .end_object()
        .end_object();
  }
  json.end_object();
}

void add_plan(const Planned& planned, const Diagnostics& diagnostics, JsonWriter& json) {
  const Plan& plan = *planned.plan;
  json.key("plan").begin_object().member("graph", plan.graph).member("process", plan.process);
  if (plan.latency_budget_ns > 0) json.member("latency_ns", plan.latency_budget_ns);
  json.list("segments", plan.segments, [&](const PlanSegment& one) {
    json.begin_object().member("from", one.from).member("to", one.to).member("guarantee", word(one.guarantee));
    json.list("reasons", one.reasons,
              [&](const std::string& reason) { json.value(diagnostics.secrecy().masked(reason)); });
    json.end_object();
  });
  json.list("stages", plan.stages, [&](const PlanStage& stage) {
    json.begin_list();
    for (const size_t node : stage.nodes) json.value(plan.nodes[node].name);
    json.end_list();
  });
  json.list("attributes", plan.attributes, [&](const PlanAttribute& one) { json.value(one.name); });
  json.list("nodes", plan.nodes, [&](const PlanNode& node) { add_node(node, json); });
  json.list("edges", plan.edges, [&](const PlanEdge& edge) { add_edge(plan, edge, json); });
  json.key("memory").begin_object().member("bytes", plan.memory_bytes);
  json.list("items", planned.memory, [&](const MemoryItem& item) {
    json.begin_object().member("what", item.what).member("bytes", item.bytes).end_object();
  });
  json.end_object().end_object();
}

}  // namespace

std::string plan_json(const Planned& planned, const Diagnostics& diagnostics, const SourceText& source) {
  JsonWriter json;
  json.begin_object().member("file", source.file()).member("valid", planned.plan.has_value());
  json.key("diagnostics").raw(render_json(diagnostics, source));
  const auto masked = [&](const std::string& text) { return diagnostics.secrecy().masked(text); };
  json.list("notes", planned.notes, [&](const Diagnostic& note) {
    json.begin_object()
        .member("code", word(note.code))
        .member("line", note.place.line)
        .member("column", note.place.column)
        .member("subject", masked(note.subject))
        .member("sentence", masked(note.sentence))
        .end_object();
  });
  if (!planned.asked.empty() || !planned.not_asked.empty()) {
    json.list("asked", planned.asked).list("not_asked", planned.not_asked);
  }
  if (planned.plan) add_plan(planned, diagnostics, json);
  return json.end_object().take();
}

}  // namespace sluice::engine
