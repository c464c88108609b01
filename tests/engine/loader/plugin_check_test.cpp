// SPDX-License-Identifier: Apache-2.0
#include "loader/plugin_check.hpp"

#include "catch.hpp"
#include "fixture_files.hpp"

using namespace sluice::engine;
using namespace sluice::engine::test;

TEST_CASE("a good plugin passes the strict check", "[loader]") {
  const PluginCheck check = check_plugin(fixture("good"));
  CHECK(check.problems.empty());
  REQUIRE(check.plugin);
  CHECK(check.plugin->types.size() == 1);
}

TEST_CASE("a second export fails the strict check", "[loader]") {
  const PluginCheck check = check_plugin(fixture("extra_export"));
  REQUIRE(check.problems.size() == 1);
  CHECK(contains(check.problems[0], "exports more than sluice_plugin_v1: leaked_helper"));
}

TEST_CASE("a plugin that crashes or exits when it is loaded becomes a sentence", "[loader]") {
  const PluginCheck crash = check_plugin(fixture("crash_on_load"));
  REQUIRE(crash.problems.size() == 1);
  CHECK(contains(crash.problems[0], "crash_on_load.so crashes while it is loaded"));
  CHECK_FALSE(crash.plugin);
  const PluginCheck exits = check_plugin(fixture("exit_on_load"));
  REQUIRE(exits.problems.size() == 1);
  CHECK(contains(exits.problems[0], "exit_on_load.so ends the process while it is loaded (exit code 3)"));
}

TEST_CASE("a plugin that crashes when the program ends is not good", "[loader]") {
  const PluginCheck check = check_plugin(fixture("crash_at_exit"));
  REQUIRE(check.problems.size() == 1);
  CHECK(contains(check.problems[0], "crash_at_exit.so crashes when the program ends"));
  CHECK_FALSE(check.plugin);
}

TEST_CASE("what loading refuses, the check refuses too", "[loader]") {
  for (const char* name :
       {"bad_options", "missing_slots", "no_symbol", "null_return", "undefined_symbol", "wrong_name"}) {
    const PluginCheck check = check_plugin(fixture(name));
    INFO(name);
    CHECK(check.problems.size() == 1);
    CHECK_FALSE(check.plugin);
  }
}
