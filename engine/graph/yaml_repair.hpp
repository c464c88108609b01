// SPDX-License-Identifier: Apache-2.0
// What is set right in a map or list when it closes: repeated keys (reported, the first stays), merge keys (resolved),
// and values that YAML took apart at a comma, such as numeric(20,8) inside {} (reported, put together again).
// Internal to yaml_builder.cpp.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "diagnostic.hpp"
#include "source_text.hpp"
#include "yaml_node.hpp"

namespace sluice::engine {

void drop_repeated_keys(YamlNode& map, Diagnostics& diagnostics);

// Adds the entries of `to_merge` that `map` does not have; earlier ones win.
void merge_entries(YamlNode& map, const std::vector<YamlNode>& to_merge, Diagnostics& diagnostics);

// `offsets`: where each item, or each key and value in turn, begins in the source.
void rejoin_commas_in_map(YamlNode& map, const std::vector<std::size_t>& offsets, const SourceText& source,
                          Diagnostics& diagnostics);
void rejoin_commas_in_list(YamlNode& list, const std::vector<std::size_t>& offsets, const SourceText& source,
                           Diagnostics& diagnostics);

}  // namespace sluice::engine
