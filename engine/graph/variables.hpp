// SPDX-License-Identifier: Apache-2.0
// Variables in values: ${VAR}, ${VAR:-default}, ${file:/path}, and $$ for a dollar. They are expanded after the YAML
// was parsed, in values only, and only when somebody asks: with --process the nodes of other processes keep theirs. A
// default is taken when the variable is unset or empty. Variables do not nest. What came out of a file, or of
// a variable such as DB_PASSWORD, is marked as secret. An expanded value is never parsed as YAML again.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "diagnostic.hpp"
#include "environment.hpp"
#include "parsed.hpp"
#include "yaml_node.hpp"

namespace sluice::engine {

struct Expanded {
  std::string text;
  bool secret = false;  // out of a file, or of a variable whose name says so
  bool is_from_file = false;
};

Parsed<Expanded> expand_variables(std::string_view text, const Environment& environment);
// Whether every ${...} is well formed, whatever the environment holds.
std::optional<ParseProblem> check_variables(std::string_view text);
// Whether a $NAME stands there without its braces. Of a secret nothing is quoted, and only the whole value counts.
std::optional<ParseProblem> check_bare_variable(std::string_view text, bool is_secret = false);
bool has_variables(std::string_view text);

// A copy of the tree with every value expanded; what cannot be expanded is reported at its place and left as it was.
YamlNode expand_tree(const YamlNode& node, const Environment& environment, const std::string& subject,
                     Diagnostics& diagnostics);
// Reports what is not well formed anywhere in the tree, which is secret as a whole or below keys that say so.
void check_tree(const YamlNode& node, const std::string& subject, Diagnostics& diagnostics, bool is_secret = false);

}  // namespace sluice::engine
