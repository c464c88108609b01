// SPDX-License-Identifier: Apache-2.0
#include "contract.hpp"

#include <algorithm>
#include <stdexcept>

namespace sluice::testing {
namespace {

bool is_snake_case(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

void try_type(const Trial& trial) {
  const sluice_node_type& type = trial.type;
  const auto wants = [&](bool holds, const char* sentence) {
    if (!holds) trial.violation("node type", sentence);
  };
  wants(is_snake_case(to_view(type.name)), "its name must be snake_case");
  wants(type.summary.size > 0, "it has no summary");
  wants(type.describe != nullptr && type.open != nullptr && type.close != nullptr,
        "describe, open, close are required");
  const bool is_source = type.kind == SLUICE_SOURCE || type.kind == SLUICE_RELAY;
  wants(is_source == (type.poll != nullptr && type.wake != nullptr), "sources and relays, only they, poll and wake");
  wants((type.kind != SLUICE_SOURCE) == (type.process != nullptr), "all but sources, only they, have process");
}

/// The given options without those that may be left out.
Values required_only(const sluice_node_type& type, const Values& options) {
  Values kept;
  const char* at = reinterpret_cast<const char*>(type.options);
  for (uint64_t i = 0; i < type.option_count; ++i, at += type.option_stride) {
    const auto& option = *reinterpret_cast<const sluice_option*>(at);
    if ((option.flags & SLUICE_REQUIRED) == 0) continue;
    for (const Field& given : options) {
      if (given.key == to_view(option.name)) kept.push_back(given);
    }
  }
  return kept;
}

void try_describe(const Trial& trial) {
  const uint32_t role = trial.with.setup.role;
  trial.rule("describe", [&] {
    const Result<Described> once = describe(trial.type, trial.options, role);
    const Result<Described> again = describe(trial.type, trial.options, role);
    if (!once || !again) throw std::runtime_error((once ? again : once).error().message);
    for (const std::string& problem : once->problems) trial.violation("describe", problem);
    if (*once != *again) trial.violation("describe", "says something else when asked again");
  });
  trial.rule("describe with defaults", [&] {
    const Result<Described> bare = describe(trial.type, required_only(trial.type, trial.options), role);
    if (!bare) throw std::runtime_error(bare.error().message);
  });
}

void try_all(const Trial& trial) {
  const size_t before = trial.violations.size();
  try_describe(trial);
  // Without a sound description every later rule would repeat the same sentence.
  if (trial.violations.size() > before) return;
  try_lifecycle(trial);
  if (trial.takes_input()) try_input(trial);
  if (trial.is_source()) try_source(trial);
}

}  // namespace

void try_lifecycle(const Trial& trial) {
  const auto fresh = [&](auto&& body) {
    return [&trial, body] {
      Harness node(trial.type, trial.options, trial.with.setup);
      Trial::must("open", node.open());
      body(node);
      if (const auto stops = node.stops(); !stops.empty()) throw std::runtime_error("stops: " + stops[0].message);
    };
  };
  trial.rule("open and close without start", fresh([](Harness& node) { node.close(); }));
  trial.rule("open, start, close", fresh([](Harness& node) {
               Trial::must("start", node.start());
               node.close();
             }));
  trial.rule("flush twice, with nothing to flush", fresh([](Harness& node) {
               Trial::must("start", node.start());
               Trial::must("flush", node.flush());
               Trial::must("the second flush", node.flush());
               node.finish();
             }));
  trial.rule("a timer that nobody set", fresh([](Harness& node) {
               Trial::must("start", node.start());
               Trial::must("timer", node.fire_timer());
               Trial::must("advance", node.advance(std::chrono::hours(1)));
               node.finish();
             }));
}

std::vector<std::string> contract_violations(const sluice_node_type& type, const Values& options,
                                             const std::vector<Input>& samples, const ContractSetup& with) {
  std::vector<std::string> violations;
  Trial trial{type, options, samples, with, violations};
  try_type(trial);
  if (!violations.empty()) return violations;
  if (type.kind == SLUICE_RELAY && with.setup.role == SLUICE_ROLE_NODE) {
    for (const uint32_t half : {SLUICE_ROLE_RELAY_INPUT, SLUICE_ROLE_RELAY_OUTPUT}) {
      trial.with.setup.role = half;
      try_all(trial);
    }
  } else {
    try_all(trial);
  }
  return violations;
}

}  // namespace sluice::testing
