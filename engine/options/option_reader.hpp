// SPDX-License-Identifier: Apache-2.0
// The YAML of one node's options and its type's option table -> a typed configuration, with every problem in one pass:
// unknown and missing options, wrong kinds, ranges, units, words, bounds of lists and maps. Defaults are filled in; an
// absent object whose fields are all optional and of which one has a default counts as an empty one, which is then
// filled with its defaults. Secrets, and what comes out of ${file:...}, show as *** in every sentence. Never throws.
#pragma once
#include <string>
#include <vector>

#include "graph/diagnostic.hpp"
#include "graph/environment.hpp"
#include "graph/yaml_node.hpp"
#include "options/option_table.hpp"
#include "options/typed_config.hpp"

namespace sluice::engine {

struct OptionReading {
  std::string subject;    // node "trades", for the diagnostics
  std::string type_name;  // "batch"
  const Environment* environment = nullptr;
  /// False for a node of another process: its variables are not looked up; a value that holds one is taken with the
  /// variable's own default, and goes unchecked when there is none.
  bool expand = true;
  /// Where to complain about what is missing; by default the place of the options.
  Place place{};
};

/// `written` is a map without the engine's own keys (type, in_flight), or null for none. What could be read, even when
/// the diagnostics now hold errors; then it must not be given to a node.
TypedConfig read_options(OptionTable table, const YamlNode& written, const OptionReading& how,
                         Diagnostics& diagnostics);

/// All defaults; required options stay absent.
TypedConfig default_options(OptionTable table);

/// The default of one option, read as if a user had written it: what is wrong with it.
std::vector<std::string> check_default(const sluice_option& option);

}  // namespace sluice::engine
