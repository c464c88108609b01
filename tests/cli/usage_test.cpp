// SPDX-License-Identifier: Apache-2.0
#include "usage.hpp"

#include "catch.hpp"

using sluice::cli::usage_hint;

namespace {

std::string hint(const std::vector<std::string>& words) {
  CLI::App app;
  app.name("sluice");
  std::vector<std::string> directories;
  app.add_option("--plugins", directories);
  bool json = false;
  std::string graph;
  CLI::App* const validate = app.add_subcommand("validate");
  validate->add_flag("--json", json);
  validate->add_option("graph", graph);
  CLI::App* const plugins = app.add_subcommand("plugins");
  plugins->add_subcommand("list");
  return usage_hint(app, words);
}

}  // namespace

TEST_CASE("a command that is misspelt is named", "[cli]") {
  CHECK(hint({"validte", "x"}) == "\"validte\" is not a command of sluice; did you mean \"validate\"?\n");
  CHECK(hint({"--plugins", "a", "plugins", "lst"}) ==
        "\"lst\" is not a command of sluice plugins; did you mean \"list\"?\n");
  CHECK(hint({"explode"}) == "\"explode\" is not a command of sluice; sluice --help lists them\n");
}

TEST_CASE("an option on the wrong side of its command is told where it belongs", "[cli]") {
  CHECK(hint({"validate", "--plugins", "d", "x"}) ==
        "--plugins goes before the command: sluice --plugins ... validate\n");
  CHECK(hint({"--json", "validate", "x"}) == "--json goes after the command: sluice validate --json\n");
}

TEST_CASE("a command that is missing is asked for with the names of all", "[cli]") {
  CHECK(hint({}) == "sluice needs a command: validate, plugins\n");
  CHECK(hint({"--plugins", "a"}) == "sluice needs a command: validate, plugins\n");
  CHECK(hint({"plugins"}) == "sluice plugins needs a command: list\n");
}

TEST_CASE("where nothing better is known nothing is said", "[cli]") {
  CHECK(hint({"validate"}).empty());
  CHECK(hint({"validate", "--unknown"}).empty());
}
