// SPDX-License-Identifier: Apache-2.0
// What every node of every plugin must hold, tried on one node type with given options and sample records. Needs no
// test framework: the answer is a list of sentences, empty when all held. Random where that finds more (sizes, cuts,
// merges, order and verdicts of settlement), and repeatable by its seed. Never asserts on how long something took,
// only that a deadline was kept, with seconds to spare.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "sluice/testing/harness.hpp"

namespace sluice::testing {

struct ContractSetup {
  Setup setup{};        ///< the clock of a source always runs
  unsigned rounds = 8;  ///< of random trials, each with a fresh node and a seed of its own
  /// How long a woken source may take before it counts as deaf.
  std::chrono::seconds patience{10};
  /// Called before each fresh node: empty the table, delete the file.
  std::function<void()> before_each = [] {};
};

/// `options` and `samples` must be good ones: an error, a stop or a failure that is not permanent is a violation.
/// A relay is tried as both halves unless the setup names one.
std::vector<std::string> contract_violations(const sluice_node_type& type, const Values& options,
                                             const std::vector<Input>& samples = {}, const ContractSetup& with = {});

}  // namespace sluice::testing
