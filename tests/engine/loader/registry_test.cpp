// SPDX-License-Identifier: Apache-2.0
#include "loader/registry.hpp"

#include "catch.hpp"
#include "fixture_files.hpp"

using namespace sluice::engine;
using namespace sluice::engine::test;

TEST_CASE("types are found by name in all directories", "[loader]") {
  const TemporaryDirectory one, other;
  one.take("good");
  other.take("plain_c");
  const Registry registry({one.path(), other.path()});
  CHECK(registry.type_names() == std::vector<std::string>{"c_sink", "c_source", "c_upper", "good"});
  REQUIRE(registry.find("c_source") != nullptr);
  CHECK(registry.find("c_source")->plugin->path == other.file("plain_c.so"));
  CHECK(registry.find("nothing") == nullptr);
  CHECK(registry.did_you_mean("c_sorce") == "c_source");
  CHECK(registry.refused().empty());
  CHECK(registry.warnings().empty());
}

TEST_CASE("a broken plugin stops nothing, and is told where a type is missing", "[loader]") {
  const TemporaryDirectory directory;
  directory.take("good");
  directory.take("future_version");
  directory.write("kafka.so", "not a plugin");
  directory.write("notes.txt", "not looked at");
  const Registry registry({directory.path()});
  CHECK(registry.find("good") != nullptr);
  REQUIRE(registry.refused().size() == 2);
  CHECK(registry.refused()[0].path == directory.file("future_version.so"));
  // The file that bears the type's name is the one that matters.
  const std::string kafka = registry.missing_sentence("kafka");
  CHECK(contains(kafka, "no plugin provides the node type \"kafka\"; refused: "));
  CHECK(contains(kafka, "kafka.so is not a shared object"));
  CHECK_FALSE(contains(kafka, "future_version.so"));
  CHECK(contains(registry.missing_sentence("unknown"), "future_version.so was built for version 9"));
}

TEST_CASE("where was looked is told when nothing was refused", "[loader]") {
  const TemporaryDirectory directory;
  const Registry registry({directory.path(), "/nowhere/at/all"});
  CHECK(registry.missing_sentence("x") ==
        "no plugin provides the node type \"x\"; looked in " + directory.path().string() + ", /nowhere/at/all");
  REQUIRE(registry.warnings().size() == 1);
  CHECK(contains(registry.warnings()[0], "the plugin directory /nowhere/at/all cannot be read"));
  CHECK(contains(Registry({}).missing_sentence("x"), "no plugin directory was given"));
}

TEST_CASE("two plugins that provide one type: the first is kept, and both are named", "[loader]") {
  const TemporaryDirectory directory;
  directory.take("twice_a");
  directory.take("twice_b");
  const Registry registry({directory.path()});
  REQUIRE(registry.refused().size() == 1);
  const std::string& sentence = registry.refused()[0].sentence;
  CHECK(contains(sentence, "twice_b.so is not used: its node type \"twice\" is provided by "));
  CHECK(contains(sentence, "twice_a.so too"));
  CHECK(registry.find("twice")->plugin->name == "twice_a");
  CHECK(registry.find("only_b") == nullptr);
}

TEST_CASE("of two files of one name the one in the earlier directory is taken", "[loader]") {
  const TemporaryDirectory first, second;
  first.take("good");
  second.take("good");
  const Registry registry({first.path(), second.path()});
  CHECK(registry.plugins().size() == 1);
  CHECK(registry.find("good")->plugin->path == first.file("good.so"));
  REQUIRE(registry.warnings().size() == 1);
  CHECK(contains(registry.warnings()[0], "is not loaded: " + first.file("good.so").string() + " comes first"));
  // The same directory named twice is no matter.
  CHECK(Registry({first.path(), first.path()}).warnings().empty());
}

TEST_CASE("a warning about a loaded plugin is kept", "[loader]") {
  const TemporaryDirectory directory;
  directory.take("extra_export");
  const Registry registry({directory.path()});
  CHECK(registry.find("extra_export") != nullptr);
  CHECK(registry.warnings().size() == 1);
}

TEST_CASE("the search path comes before the place beside the program", "[loader]") {
  const auto directories = plugin_directories("/opt/sluice/bin/sluice", ":/a::/b/c");
  CHECK(directories == std::vector<std::filesystem::path>{"/a", "/b/c", "/opt/sluice/lib/sluice"});
  CHECK(plugin_directories("/opt/sluice/bin/sluice", "").size() == 1);
}
