// SPDX-License-Identifier: Apache-2.0
#include "loader/describe.hpp"

#include <algorithm>

#include "loader/entered_plugin.hpp"
#include "sluice/text.hpp"

namespace sluice::engine {
namespace {

// What a plugin hands over in these calls is borrowed and of its making: copied, bounded, never trusted to be there.
std::string copy(sluice_str text) { return std::string(to_view(text)); }

Place place_of(const sluice_config* where) {
  if (where == nullptr) return {};
  return {static_cast<int>(where->line), static_cast<int>(where->column)};
}

Described& into(void* to) { return *static_cast<Described*>(to); }

void on_input(void* to, sluice_str name) { into(to).inputs.push_back(copy(name)); }
void on_output(void* to, sluice_str name, uint32_t optional) {
  into(to).outputs.push_back({copy(name), optional != 0});
}
void on_needs(void* to, sluice_str name, const sluice_config* where) {
  into(to).needs.push_back({copy(name), place_of(where)});
}
void on_provides(void* to, sluice_str name, uint32_t kind) { into(to).provides.push_back({copy(name), kind}); }
void on_may_provide(void* to, sluice_str name, uint32_t kind, sluice_str of, sluice_str value) {
  std::vector<DescribedAttribute>& provides = into(to).provides;
  auto found = std::find_if(provides.begin(), provides.end(),
                            [&](const DescribedAttribute& one) { return one.name == to_view(name); });
  if (found == provides.end()) found = provides.insert(found, {copy(name), kind});
  found->absent.push_back({copy(of), copy(value)});
}
void on_fact(void* to, uint32_t fact, int64_t value) { into(to).facts[fact] = value; }
void on_reason(void* to, uint32_t fact, sluice_str sentence) { into(to).reasons[fact] = copy(sentence); }
void on_problem(void* to, const sluice_config* where, uint32_t is_warning, sluice_str sentence) {
  into(to).problems.push_back({place_of(where), is_warning != 0, copy(sentence)});
}

std::string key_of(const sluice_config* where) { return where == nullptr ? std::string() : copy(where->key); }
void on_value(void* to, sluice_str output, sluice_str attribute, sluice_str value) {
  into(to).values.push_back({copy(output), copy(attribute), copy(value)});
}
void on_accepts(void* to, sluice_str attribute, sluice_str value, const sluice_config* where) {
  into(to).accepts.push_back({copy(attribute), copy(value), place_of(where), key_of(where)});
}
void on_exclusive(void* to, sluice_str what, const sluice_config* where) {
  into(to).exclusive.push_back({copy(what), place_of(where), key_of(where)});
}
void on_absent(void* to, sluice_str attribute, sluice_str consequence, const sluice_config* where) {
  into(to).absences.push_back({copy(attribute), copy(consequence), place_of(where)});
}
void on_refuses(void* to, sluice_str what, const sluice_config* where) {
  into(to).refusals.push_back({copy(what), place_of(where)});
}

void on_series(void* to, const sluice_series* series) {
  into(to).series.push_back({series->rule == SLUICE_SERIES_CONSECUTIVE, copy(series->name), copy(series->field),
                             copy(series->value), copy(series->key), copy(series->id), copy(series->time),
                             copy(series->price), copy(series->quantity), copy(series->folds),
                             copy(series->folds_first), copy(series->folds_last)});
}

void add_needs_of_options(const sluice_config& value, Described& described) {
  if (value.kind == SLUICE_ATTRIBUTE) described.needs.push_back({copy(value.text), place_of(&value)});
  for (uint64_t i = 0; i < value.item_count; ++i) add_needs_of_options(value.items[i], described);
}

void add_default_ports(const NodeType& type, uint32_t role, Described& described) {
  const bool takes = role == SLUICE_ROLE_RELAY_INPUT || (role == SLUICE_ROLE_NODE && !type.is_source());
  const bool gives = role == SLUICE_ROLE_RELAY_OUTPUT || (role == SLUICE_ROLE_NODE && !type.is_sink());
  if (takes && described.inputs.empty()) described.inputs.emplace_back("in");
  if (gives && described.outputs.empty()) described.outputs.push_back({"out", false});
}

sluice_describe_api api_for(uint32_t role) {
  sluice_describe_api api{};
  api.struct_size = sizeof api;
  api.role = role;
  api.input = &on_input;
  api.output = &on_output;
  api.needs = &on_needs;
  api.provides = &on_provides;
  api.fact = &on_fact;
  api.reason = &on_reason;
  api.problem = &on_problem;
  api.value = &on_value;
  api.accepts = &on_accepts;
  api.exclusive = &on_exclusive;
  api.may_provide = &on_may_provide;
  api.absent = &on_absent;
  api.refuses = &on_refuses;
  api.series = &on_series;
  return api;
}

}  // namespace

int64_t Described::fact(uint32_t which) const {
  const auto found = facts.find(which);
  return found == facts.end() ? 0 : found->second;
}

const DescribedAttribute* Described::find_provided(std::string_view attribute) const {
  const auto found = std::find_if(provides.begin(), provides.end(),
                                  [&](const DescribedAttribute& one) { return one.name == attribute; });
  return found == provides.end() ? nullptr : &*found;
}

std::string Described::reason(uint32_t which) const {
  const auto found = reasons.find(which);
  return found == reasons.end() ? std::string() : found->second;
}

Result<Described> describe(const NodeType& type, const sluice_config& options, uint32_t role) {
  Described described;
  const sluice_describe_api api = api_for(role);
  sluice_error error = empty_error();
  static const std::filesystem::path nowhere = "of this program";
  const EnteredPlugin entered(type.plugin == nullptr ? nowhere : type.plugin->path);
  if (type.slots.describe(&options, &api, &described, &error) != SLUICE_OK) {
    Error why = from_abi(error);
    why.message = "the node type \"" + type.name + "\" cannot describe itself with these options: " + why.message;
    return why;
  }
  // A relay's input half writes what it stores; the attributes it names in its options are read there.
  if (role != SLUICE_ROLE_RELAY_OUTPUT) add_needs_of_options(options, described);
  add_default_ports(type, role, described);
  return described;
}

Result<std::vector<DescribedProblem>> probe(const sluice_node_type& type, const sluice_config& options, uint32_t role) {
  Described described;
  const sluice_describe_api api = api_for(role);
  sluice_error error = empty_error();
  if (type.probe(&options, &api, &described, &error) != SLUICE_OK) return from_abi(error);
  return std::move(described.problems);
}

}  // namespace sluice::engine
