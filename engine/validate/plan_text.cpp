// SPDX-License-Identifier: Apache-2.0
#include "validate/plan_text.hpp"

#include <algorithm>
#include <set>

#include "graph/diagnostic_render.hpp"
#include "graph/units.hpp"
#include "graph/utf8.hpp"
#include "options/option_table.hpp"
#include "sluice/safe_text.hpp"

namespace sluice::engine {
namespace {

std::string padded(const std::string& text, size_t width) {
  const size_t length = utf8_length(text);
  return text + std::string(width > length ? width - length : 0, ' ');
}

void append_segments(std::string& out, const Plan& plan, const Diagnostics& diagnostics) {
  out += "\nguarantees\n";
  size_t width = 0;
  for (const PlanSegment& one : plan.segments) width = std::max(width, one.from.size() + one.to.size() + 4);
  for (const PlanSegment& one : plan.segments) {
    out += "  " + padded(one.from + " -> " + one.to, width) + "  " + guarantee_text(one.guarantee) + "\n";
    for (const std::string& reason : one.reasons) out += "      " + shown_text(diagnostics, reason) + "\n";
  }
}

void append_stages(std::string& out, const Plan& plan) {
  out += "\nstages, one thread each\n";
  size_t width = 0;
  for (const PlanStage& stage : plan.stages) width = std::max(width, plan.nodes[stage.head].shown_name().size());
  for (const PlanStage& stage : plan.stages) {
    const PlanNode& head = plan.nodes[stage.head];
    std::string line = "  " + padded(head.shown_name(), width) + "  ";
    if (stage.nodes.size() == 1)
      line += head.is_source() ? "a source alone" : head.is_sink() ? "a sink alone" : "alone";
    for (size_t i = 1; i < stage.nodes.size(); ++i)
      line += (i == 1 ? "calls " : ", ") + plan.nodes[stage.nodes[i]].shown_name();
    out += line + "\n";
  }
}

void append_memory(std::string& out, const Planned& planned) {
  out += "\nmemory, at most\n";
  const std::string total = "in all, without the program itself";
  size_t width = total.size();
  for (const MemoryItem& item : planned.memory) width = std::max(width, utf8_length(item.what));
  const auto line = [&](const std::string& what, uint64_t bytes) {
    const std::string size = about_size_text(bytes);
    out += "  " + padded(what, width) + "  " + std::string(size.size() < 10 ? 10 - size.size() : 0, ' ') + size + "\n";
  };
  for (const MemoryItem& item : planned.memory) line(item.what, item.bytes);
  line(total, planned.plan->memory_bytes);
}

void append_asked(std::string& out, const Planned& planned) {
  if (planned.asked.empty() && planned.not_asked.empty()) return;
  out += "\nservers\n";
  const auto line = [&](const std::string& what, const std::vector<std::string>& names) {
    if (!names.empty()) out += "  " + what + ": " + joined(names) + "\n";
  };
  line("as the graph needs them, or created by the run", planned.asked);
  line("no server to ask", planned.not_asked);
}

std::string counted(size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

/// As the file counts: the halves of a relay are one.
size_t node_count(const Plan& plan) {
  std::set<std::string_view> names;
  for (const PlanNode& node : plan.nodes) names.insert(node.name);
  return names.size();
}

}  // namespace

std::string guarantee_text(Guarantee guarantee) {
  std::string text(word(guarantee));
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

std::string plan_text(const Planned& planned, const Diagnostics& diagnostics, const SourceText& source,
                      TextLength length) {
  const std::string file = safe_text(source.file());
  std::string out = render_text(diagnostics, source);
  for (const Diagnostic& note : planned.notes) {
    if (length == TextLength::brief) break;
    out += file + ":" + std::to_string(note.place.line) + ":" + std::to_string(note.place.column) + ": note[" +
           std::string(word(note.code)) + "]: " + shown_text(diagnostics, note.subject) + ": " +
           shown_text(diagnostics, note.sentence) + "\n";
  }
  if (!planned.plan) {
    return out + file + ": " + counted(diagnostics.errors(), "error") + ", " +
           counted(diagnostics.warnings(), "warning") + "; the graph cannot run\n";
  }
  const Plan& plan = *planned.plan;
  out += file + ": the graph \"" + plan.graph + "\" is valid";
  if (!plan.process.empty()) out += ", and this is its process \"" + plan.process + "\"";
  out += ": " + counted(node_count(plan), "node") + ", " + counted(plan.edges.size(), "edge") + ", " +
         counted(plan.stages.size(), "stage");
  if (diagnostics.warnings() > 0) out += "; " + counted(diagnostics.warnings(), "warning");
  out += "\n";
  append_asked(out, planned);
  if (length == TextLength::brief) return out;
  append_segments(out, plan, diagnostics);
  append_stages(out, plan);
  append_memory(out, planned);
  return out;
}

}  // namespace sluice::engine
