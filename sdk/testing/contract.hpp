// SPDX-License-Identifier: Apache-2.0
// What the rules of the contract suite share: the node type on trial and the list of violations. A rule makes a fresh
// Harness and lets it throw; `rule` turns what was thrown into a sentence.
#pragma once
#include <exception>
#include <random>

#include "sluice/testing/contract_rules.hpp"

namespace sluice::testing {

struct Trial {
  const sluice_node_type& type;
  const Values& options;
  const std::vector<Input>& samples;
  ContractSetup with;
  std::vector<std::string>& violations;

  bool takes_input() const { return type.process != nullptr && with.setup.role != SLUICE_ROLE_RELAY_OUTPUT; }
  bool is_source() const { return type.poll != nullptr && with.setup.role != SLUICE_ROLE_RELAY_INPUT; }
  void violation(const std::string& rule, const std::string& sentence) const {
    violations.push_back("'" + std::string(to_view(type.name)) + "', " + rule + ": " + sentence);
  }
  /// Runs `body` and reports what it throws.
  template <typename F>
  void rule(const std::string& name, F&& body) const {
    try {
      with.before_each();
      body();
    } catch (const std::exception& e) {
      violation(name, e.what());
    }
  }
  /// Throws when a call of the node failed.
  static void must(const char* what, const Result<void>& done) {
    if (!done) throw std::runtime_error(std::string(what) + " failed: " + done.error().message);
  }
};

void try_lifecycle(const Trial& trial);
void try_input(const Trial& trial);
void try_source(const Trial& trial);

}  // namespace sluice::testing
