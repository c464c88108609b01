// SPDX-License-Identifier: Apache-2.0
#include "validate/plan_graph.hpp"

#include "graph/http_address.hpp"
#include "graph/variables.hpp"
#include "validate/steps.hpp"

namespace sluice::engine {
namespace {

/// The address of the chosen process; of a graph that runs as one, the first.
std::string read_http(const GraphSpec& spec, const Environment& environment, const std::string& process,
                      Diagnostics& diagnostics) {
  for (const ProcessSpec& one : spec.processes) {
    if (!one.http || (!process.empty() && one.name.value != process)) continue;
    Parsed<Expanded> text = expand_variables(one.http->value, environment);
    if (!text) {
      diagnostics.error(text.problem().code, one.http->place, one.subject(), text.problem().sentence);
      return {};
    }
    const Parsed<HttpAddress> address = parse_http_address(text->text);
    if (address) return address->text();
    diagnostics.error(address.problem().code, one.http->place, one.subject(), address.problem().sentence);
    return {};
  }
  return {};
}

void know_options(OptionTable table, Secrecy& secrecy) {
  for (const sluice_option& option : table) {
    secrecy.know(name_of(option));
    for (const std::string& choice : choice_names(option)) secrecy.know(choice);
    know_options(fields_of(option), secrecy);
  }
}

/// What may be shown beside a secret: words of the plugins, and the names of nodes.
void know_words(const GraphSpec& spec, const Registry& registry, Secrecy& secrecy) {
  for (const NodeType* type : registry.types()) {
    secrecy.know(type->name);
    know_options(type->options, secrecy);
  }
  for (const NodeSpec& node : spec.nodes) {
    if (is_snake_case(node.name.value) && !node.type.value.empty()) secrecy.know(node.name.value);
  }
}

}  // namespace

Planned plan_graph(const GraphSpec& spec, const Registry& registry, const Environment& environment,
                   const PlanOptions& options, Diagnostics& diagnostics) {
  Planned planned;
  know_words(spec, registry, diagnostics.secrecy());
  if (spec.nodes.empty()) return planned;
  Plan plan;
  know_words(spec, registry, plan.secrecy);
  plan.graph = spec.name.value;
  plan.process = options.process;
  if (spec.latency) plan.latency_budget_ns = spec.latency->value;
  Draft draft = make_draft(spec, &registry, diagnostics);
  find_relay_cycle(draft);
  assign_processes(draft, options.process, diagnostics);
  plan.http = read_http(spec, environment, options.process, diagnostics);
  check_addresses(spec, environment, diagnostics);
  describe_nodes(draft, environment, diagnostics);
  check_exclusive(draft, diagnostics);
  check_cuts(draft, diagnostics);
  connect_ports(draft, diagnostics);
  if (draft.edges_are_whole) check_wiring(draft, diagnostics);
  check_dead_letters(draft, diagnostics);
  check_refusals(draft, diagnostics);
  check_edges(draft, diagnostics);
  find_order(draft, diagnostics);
  if (!draft.order.empty()) {
    find_stages(draft, diagnostics);
    plan.attributes = resolve_attributes(draft, diagnostics);
    check_values(draft, diagnostics);
    check_absent(draft, diagnostics);
    set_in_flight(draft, diagnostics);
    check_latency(draft, diagnostics);
    check_holds(draft, diagnostics);
    plan.segments = prove_segments(draft, diagnostics);
  }
  if (diagnostics.has_errors()) return planned;
  note_siblings(draft, planned.notes);
  fill_plan(draft, plan);
  planned.memory = bound_memory(plan);
  check_memory(plan, planned.memory, options.memory_limit, diagnostics);
  planned.plan = std::move(plan);
  return planned;
}

}  // namespace sluice::engine
