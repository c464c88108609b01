// SPDX-License-Identifier: Apache-2.0
#include "sluice/testing/described.hpp"

#include <algorithm>
#include <stdexcept>

namespace sluice::testing {
namespace {

Described& as_description(void* to) { return *static_cast<Described*>(to); }
void add_once(std::vector<std::string>& to, std::string_view name) {
  if (std::find(to.begin(), to.end(), name) == to.end()) to.emplace_back(name);
}

void add_attribute_options(const sluice_config& value, std::vector<std::string>& needs) {
  if (value.kind == SLUICE_ATTRIBUTE) add_once(needs, to_view(value.text));
  for (uint64_t i = 0; i < value.item_count; ++i) add_attribute_options(value.items[i], needs);
}

sluice_describe_api recording_api(uint32_t role) {
  sluice_describe_api api{};
  api.struct_size = sizeof api;
  api.role = role;
  api.input = [](void* to, sluice_str name) {
    as_description(to).inputs.push_back({std::string(to_view(name)), false});
  };
  api.output = [](void* to, sluice_str name, uint32_t optional) {
    as_description(to).outputs.push_back({std::string(to_view(name)), optional != 0});
  };
  api.needs = [](void* to, sluice_str name, const sluice_config*) {
    add_once(as_description(to).needs, to_view(name));
  };
  api.provides = [](void* to, sluice_str name, uint32_t kind) {
    as_description(to).provides[std::string(to_view(name))] = kind;
  };
  api.fact = [](void* to, uint32_t fact, int64_t value) { as_description(to).facts[fact] = value; };
  api.reason = [](void* to, uint32_t fact, sluice_str sentence) {
    as_description(to).reasons[fact] = std::string(to_view(sentence));
  };
  api.problem = [](void* to, const sluice_config*, uint32_t is_warning, sluice_str sentence) {
    Described& description = as_description(to);
    (is_warning != 0 ? description.warnings : description.problems).emplace_back(to_view(sentence));
  };
  api.value = [](void* to, sluice_str output, sluice_str attribute, sluice_str value) {
    as_description(to).values.push_back(std::string(to_view(output)) + " " + std::string(to_view(attribute)) + " " +
                                        std::string(to_view(value)));
  };
  api.accepts = [](void* to, sluice_str attribute, sluice_str value, const sluice_config*) {
    as_description(to).accepts.push_back(std::string(to_view(attribute)) + " " + std::string(to_view(value)));
  };
  api.exclusive = [](void* to, sluice_str what, const sluice_config*) {
    as_description(to).exclusive.emplace_back(to_view(what));
  };
  api.may_provide = [](void* to, sluice_str name, uint32_t kind, sluice_str of, sluice_str value) {
    as_description(to).provides[std::string(to_view(name))] = kind;
    as_description(to).may_be_absent.push_back(std::string(to_view(name)) + " " + std::string(to_view(of)) + " " +
                                               std::string(to_view(value)));
  };
  api.absent = [](void* to, sluice_str attribute, sluice_str consequence, const sluice_config*) {
    as_description(to).absences[std::string(to_view(attribute))] = to_view(consequence);
  };
  api.refuses = [](void* to, sluice_str what, const sluice_config*) {
    as_description(to).refusals.emplace_back(to_view(what));
  };
  api.series = [](void* to, const sluice_series* series) {
    std::string text(to_view(series->name));
    text += series->rule == SLUICE_SERIES_CONSECUTIVE ? " consecutive" : " rising";
    text += " " + std::string(to_view(series->field)) + "=" + std::string(to_view(series->value));
    for (const sluice_str& part : {series->key, series->id, series->time, series->price, series->quantity,
                                   series->folds, series->folds_first, series->folds_last}) {
      text += " " + std::string(part.size == 0 ? "-" : to_view(part));
    }
    as_description(to).series.push_back(std::move(text));
  };
  return api;
}

}  // namespace

uint32_t Described::output(std::string_view name) const {
  for (uint32_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].name == name) return i;
  }
  throw std::invalid_argument("the node has no output '" + std::string(name) + "'");
}

Result<Described> describe(const sluice_node_type& type, const OptionTree& options, uint32_t role) {
  Described description;
  description.problems = options.problems;
  // What does not fit the table never reaches the node.
  if (!options.problems.empty()) return description;
  const sluice_describe_api api = recording_api(role);
  sluice_error error = empty_error();
  if (type.describe(&options.root, &api, &description, &error) != SLUICE_OK) return from_abi(error);
  add_attribute_options(options.root, description.needs);
  const bool is_source = type.kind == SLUICE_SOURCE || role == SLUICE_ROLE_RELAY_OUTPUT;
  const bool is_sink = type.kind == SLUICE_SINK || role == SLUICE_ROLE_RELAY_INPUT;
  if (description.inputs.empty() && !is_source) description.inputs.push_back({"in", false});
  if (description.outputs.empty() && !is_sink) description.outputs.push_back({"out", false});
  return description;
}

Result<Described> describe(const sluice_node_type& type, const Values& options, uint32_t role) {
  return describe(type, *build_options(type, options), role);
}

}  // namespace sluice::testing
