// SPDX-License-Identifier: Apache-2.0
// The text of a graph file -> GraphSpec, with every problem of the file itself in one pass: YAML, unknown keys, names,
// types, ranges, units, repeated edges, nodes that are named but not declared. Knows no plugin.
// Variables in edges, bounds and other settings of the engine are expanded here; those in node options and in http
// addresses stay, because only what runs may need them.
#pragma once
#include "diagnostic.hpp"
#include "environment.hpp"
#include "source_text.hpp"
#include "spec.hpp"

namespace sluice::engine {

// What could be read, even when the diagnostics hold errors; only without errors may a plan be made of it.
GraphSpec read_graph(const SourceText& source, const Environment& environment, Diagnostics& diagnostics);

// The same from a tree that was already read.
GraphSpec read_spec(const YamlNode& root, const Environment& environment, Diagnostics& diagnostics);

}  // namespace sluice::engine
