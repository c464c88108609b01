// SPDX-License-Identifier: Apache-2.0
// The reference of a node type, made from its option table and from what it says of itself with default options.
// docs/reference/ is this Markdown; nothing of it is written by hand.
#pragma once
#include <string>

#include "loader/plugin.hpp"

namespace sluice::cli {

std::string reference_text(const engine::NodeType& type);
std::string reference_markdown(const engine::NodeType& type);

}  // namespace sluice::cli
