// SPDX-License-Identifier: Apache-2.0
// Turns values written in a test into the checked tree that a node gets, by the node type's option table: defaults are
// filled in, units read, bounds and choices checked. The engine has its own way from YAML; this one is for tests only
// and has no lines and columns. What is wrong is listed, never guessed around.
#pragma once
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "sluice/abi.h"
#include "sluice/testing/value.hpp"

namespace sluice::testing {

struct OptionTree {
  sluice_config root{};               ///< of kind SLUICE_OBJECT, one item per option of the table
  std::vector<std::string> problems;  ///< sentences; empty when a node may have this tree

  // What root points into.
  std::deque<std::string> texts{};
  std::deque<std::vector<sluice_config>> levels{};
};

/// Never null; look at problems before use. The tree must live as long as the node.
std::shared_ptr<const OptionTree> build_options(const sluice_node_type& type, const Values& values);

}  // namespace sluice::testing
