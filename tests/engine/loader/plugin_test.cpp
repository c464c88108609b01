// SPDX-License-Identifier: Apache-2.0
#include "loader/plugin.hpp"

#include <cstdlib>

#include "catch.hpp"
#include "fixture_files.hpp"

using namespace sluice;
using namespace sluice::engine;
using namespace sluice::engine::test;

namespace {
std::string refusal(const std::string& name) {
  const auto plugin = load_plugin(fixture(name));
  return plugin ? "taken" : plugin.error().message;
}
}  // namespace

TEST_CASE("no code of a refused plugin runs", "[loader]") {
  // The constructors of these two abort the process.
  CHECK(contains(refusal("old_version"), "version 0"));
  CHECK(contains(refusal("future_version"), "version 9"));
  // And a constructor would have run, had the plugin been taken.
  unsetenv("SLUICE_FIXTURE_GOOD_RAN");
  const TemporaryDirectory directory;
  directory.take("good");
  const auto plugin = load_plugin(directory.file("good.so"));
  REQUIRE(plugin);
  CHECK(std::getenv("SLUICE_FIXTURE_GOOD_RAN") != nullptr);
}

TEST_CASE("a plugin says what it is", "[loader]") {
  const auto loaded = load_plugin(fixture("plain_c"));
  REQUIRE(loaded);
  const Plugin& plugin = **loaded;
  CHECK(plugin.name == "plain_c");
  CHECK(plugin.version == "1.0.0");
  CHECK(plugin.abi_major == 1);
  CHECK(plugin.warnings.empty());
  REQUIRE(plugin.types.size() == 3);
  CHECK(plugin.types[0].name == "c_source");
  CHECK(plugin.types[0].is_source());
  CHECK(plugin.types[0].plugin == &plugin);
  REQUIRE(plugin.types[0].options.size() == 2);
  CHECK(name_of(plugin.types[0].options[1]) == "per_batch");
  CHECK(plugin.types[1].options.empty());
  CHECK(plugin.types[2].is_sink());
}

TEST_CASE("broken promises are named", "[loader]") {
  CHECK(contains(refusal("null_return"),
                 "null_return.so breaks the plugin contract: its entry function gave nothing back"));
  CHECK(contains(refusal("wrong_name"), "it calls itself \"other_name\"; rename the file to other_name.so"));
  const std::string slots = refusal("missing_slots");
  CHECK(contains(slots, "node type \"no_poll\", a source, lacks poll, wake"));
  CHECK(contains(slots, "node type \"no_process\", a sink, lacks close, process"));
  CHECK(contains(slots, "node type \"no_kind\" is of kind 77, which this sluice does not know"));
  const std::string options = refusal("bad_options");
  CHECK(contains(options, "option \"Upper\": a name is lower-case"));
  CHECK(contains(options, "option \"same\": the name is given twice"));
  CHECK(contains(options, "option \"later\": kind 99 is not known"));
  CHECK(contains(options, "option \"wait\": its default does not read"));
  CHECK(contains(options, "and 2 more"));
}

TEST_CASE("what the system's loader finds is passed on", "[loader]") {
  const std::string sentence = refusal("undefined_symbol");
  CHECK(contains(sentence, "undefined_symbol.so cannot be loaded: "));
  CHECK(contains(sentence, "a_function_that_nobody_has"));
}

TEST_CASE("a second export is a warning when loading", "[loader]") {
  const auto plugin = load_plugin(fixture("extra_export"));
  REQUIRE(plugin);
  REQUIRE((*plugin)->warnings.size() == 1);
  CHECK(contains((*plugin)->warnings[0], "exports 1 more symbol than its entry, such as leaked_helper"));
}

TEST_CASE("shorter structs leave the slots they lack empty", "[loader]") {
  const auto plugin = load_plugin(fixture("short_structs"));
  REQUIRE(plugin);
  REQUIRE((*plugin)->types.size() == 2);
  const NodeType& second = (*plugin)->types[1];
  CHECK(second.name == "short_two");
  CHECK(second.slots.process != nullptr);
  CHECK(second.slots.timer == nullptr);
  CHECK(second.slots.flush == nullptr);
  CHECK(second.slots.probe == nullptr);
}

TEST_CASE("longer structs of a later minor version are read as far as they are known", "[loader]") {
  const auto plugin = load_plugin(fixture("long_structs"));
  REQUIRE(plugin);
  CHECK((*plugin)->abi_minor == 7);
  REQUIRE((*plugin)->types.size() == 2);
  CHECK((*plugin)->types[1].name == "long_two");
  const OptionTable options = (*plugin)->types[0].options;
  REQUIRE(options.size() == 2);
  REQUIRE(options[1].field_count == 2);
  CHECK(name_of(options[1].fields[1]) == "second");
}

TEST_CASE("wild structs are refused before they are read", "[loader]") {
  const std::filesystem::path path = "wild.so";
  sluice_plugin raw{};
  CHECK(contains(copy_plugin(path, &raw).error().message, "its plugin struct says it has 0 bytes"));
  raw.struct_size = sizeof raw;
  raw.name = to_str("wild");
  CHECK(contains(copy_plugin(path, &raw).error().message, "it provides no node types"));
  sluice_node_type type{};
  raw.types = &type;
  raw.type_count = 1;
  CHECK(contains(copy_plugin(path, &raw).error().message, "its node types say they have 0 bytes"));
  raw.type_count = UINT64_MAX;
  CHECK(contains(copy_plugin(path, &raw).error().message, "it claims 18446744073709551615 node types"));
  raw.name.size = UINT64_MAX;
  CHECK(contains(copy_plugin(path, &raw).error().message, "its texts are unreadable"));
}
