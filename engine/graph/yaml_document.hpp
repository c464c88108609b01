// SPDX-License-Identifier: Apache-2.0
// The text of a graph file -> one YamlNode. Reads yaml-cpp's events (its Load keeps repeated keys, ignores further
// documents and knows no use sites) and refuses what a graph must not hold: a second document, repeated keys, tags,
// cycles of aliases, expansions without bound, keys that YAML 1.1 reads as booleans, text that is not UTF-8.
// Reports every problem it can go on after; never throws; its time and memory are bounded by the limits below.
#pragma once
#include <cstddef>
#include <optional>

#include "diagnostic.hpp"
#include "source_text.hpp"
#include "yaml_node.hpp"

namespace sluice::engine {

struct YamlLimits {
  std::size_t bytes = SourceText::max_bytes;
  std::size_t nodes = 100'000;  // after the expansion of aliases
  std::size_t depth = 32;
};

// The tree as far as it could be read; nothing when the text could not be read to its end.
std::optional<YamlNode> read_yaml(const SourceText& source, Diagnostics& diagnostics, const YamlLimits& limits = {});

}  // namespace sluice::engine
