// SPDX-License-Identifier: Apache-2.0
#include "graph/variables.hpp"

#include <string>
#include <vector>

#include "catch.hpp"

using namespace sluice::engine;

namespace {

Environment environment() {
  return fixed_environment({{"HOST", "db"}, {"EMPTY", ""}, {"ODD", "${HOST}"}}, {{"/run/secrets/password", "hunter2"}});
}

}  // namespace

TEST_CASE("variables expand") {
  const std::vector<std::pair<std::string, std::string>> table{
      {"plain", "plain"},
      {"${HOST}", "db"},
      {"a${HOST}b${HOST}c", "adbbdbc"},
      {"${NONE:-fallback}:80", "fallback:80"},
      {"${NONE:-}", ""},
      {"${EMPTY:-fallback}", "fallback"},
      {"${EMPTY}", ""},
      {"${NONE:-a:-b}", "a:-b"},
      {"$$", "$"},
      {"$${HOST}", "${HOST}"},
      {"cost: 5$", "cost: 5$"},
      {"^a$b", "^a$b"},
      {"${ODD}", "${HOST}"},  // what was expanded is not expanded again
      {"${file:/run/secrets/password}", "hunter2"},
  };
  for (const auto& [text, expected] : table) {
    INFO(text);
    const auto expanded = expand_variables(text, environment());
    REQUIRE(expanded);
    CHECK(expanded->text == expected);
    CHECK_FALSE(check_variables(text));
  }
}

TEST_CASE("only what comes from a file is a secret") {
  CHECK(expand_variables("x${file:/run/secrets/password}", environment())->secret);
  CHECK_FALSE(expand_variables("${HOST}", environment())->secret);
}

TEST_CASE("variables that cannot expand say why") {
  const std::vector<std::pair<std::string, Code>> table{
      {"${NONE}", Code::unset_variable},
      {"${file:/none}", Code::unreadable_secret},
      {"${", Code::bad_variable},
      {"${HOST", Code::bad_variable},
      {"${}", Code::bad_variable},
      {"${1A}", Code::bad_variable},
      {"${HOST-x}", Code::bad_variable},
      {"${HOST:?x}", Code::bad_variable},
      {"${A:-${HOST}}", Code::bad_variable},
      {"${file:}", Code::bad_variable},
      {"${ HOST }", Code::bad_variable},
  };
  for (const auto& [text, code] : table) {
    INFO(text);
    const auto expanded = expand_variables(text, environment());
    REQUIRE_FALSE(expanded);
    CHECK(expanded.problem().code == code);
    CHECK_FALSE(expanded.problem().sentence.empty());
    CHECK(check_variables(text).has_value() == (code == Code::bad_variable));
  }
}

TEST_CASE("a tree expands in its values only, and its problems have places") {
  YamlNode leaf;
  leaf.kind = YamlNode::Kind::scalar;
  leaf.text = "${NONE}";
  leaf.place = {7, 3};
  YamlNode secret = leaf;
  secret.text = "${file:/run/secrets/password}";
  YamlNode list;
  list.kind = YamlNode::Kind::list;
  list.items = {leaf, secret};
  YamlNode map;
  map.kind = YamlNode::Kind::map;
  map.entries.push_back({"${HOST}", {1, 1}, list});

  Diagnostics diagnostics;
  const YamlNode expanded = expand_tree(map, environment(), "node \"n\"", diagnostics);
  CHECK(expanded.entries.at(0).key == "${HOST}");
  CHECK(expanded.entries.at(0).value.items.at(0).text == "${NONE}");
  CHECK(expanded.entries.at(0).value.items.at(1).text == "hunter2");
  CHECK(expanded.entries.at(0).value.items.at(1).secret);
  REQUIRE(diagnostics.errors() == 1);
  const Diagnostic problem = diagnostics.sorted().at(0);
  CHECK(problem.code == Code::unset_variable);
  CHECK(problem.place == Place{7, 3});
  CHECK(problem.subject == "node \"n\"");

  Diagnostics well_formed;
  check_tree(map, "node \"n\"", well_formed);
  CHECK(well_formed.empty());
}
