// SPDX-License-Identifier: Apache-2.0
// One item of `edges:` -> one or more EdgeSpec: a chain "a -> b.port -> c" without settings, or a map with from, to and
// settings. In a chain the port of the first and of every middle name is the output it goes on from; that of the last
// name is the input it arrives at. Internal to spec_reader.cpp.
#pragma once
#include <vector>

#include "setting_reader.hpp"
#include "spec.hpp"
#include "yaml_node.hpp"

namespace sluice::engine {

void read_edge(const YamlNode& node, SettingReader& settings, std::vector<EdgeSpec>& edges);

}  // namespace sluice::engine
