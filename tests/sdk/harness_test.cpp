// SPDX-License-Identifier: Apache-2.0
// The example plugin in the harness: what a plugin's first test looks like.
#include "sluice/testing/contract.hpp"

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "catch.hpp"

using namespace sluice::testing;

TEST_CASE("hello passes records on and greets") {
  Harness node(find_type(sluice_plugin_v1(), "hello"), {{"greeting", "good day"}});
  node.begin();
  CHECK(node.write({"{\"a\":1}", "{\"a\":2}"}));
  CHECK(node.payloads() == std::vector<std::string>{"{\"a\":1}", "{\"a\":2}"});
  CHECK(node.metric("greeted_total") == 2);
  REQUIRE(node.logs().size() == 1);
  CHECK(node.logs()[0].sentence == "good day");
}

TEST_CASE("hello keeps the contract") {
  check_contract(find_type(sluice_plugin_v1(), "hello"), {{"greeting", "x"}}, {"{}", "{\"a\":1}", ""});
}

TEST_CASE("a plugin's shared object loads and runs in the harness") {
  const auto plugin = load_plugin(SLUICE_HELLO_PLUGIN);
  REQUIRE(plugin);
  Harness node(find_type(*plugin, "hello"));
  node.begin();
  CHECK(node.write({"{}"}));
  CHECK(node.payloads().size() == 1);
  CHECK_THROWS_WITH(find_type(*plugin, "hallo"), Catch::Matchers::Contains("only: hello"));
  CHECK_FALSE(load_plugin("/nowhere/at_all.so"));
}

TEST_CASE("the README's plugin discards large records and keeps the contract") {
  const auto plugin = load_plugin(SLUICE_LIMIT_PLUGIN);
  REQUIRE(plugin);
  Harness node(find_type(*plugin, "limit"), {{"most", "4B"}});
  node.begin();
  CHECK(node.write({"1234", "12345", "{}"}));
  CHECK(node.payloads() == std::vector<std::string>{"1234", "{}"});
  check_contract(find_type(*plugin, "limit"), {}, {"{}", "{\"a\":1}", ""});
}

TEST_CASE("the sink of docs/plugins.md waits for its file, refuses single records and keeps the contract") {
  const auto plugin = load_plugin(SLUICE_APPEND_PLUGIN);
  REQUIRE(plugin);
  std::string root = (std::filesystem::temp_directory_path() / "append_XXXXXX").string();
  REQUIRE(mkdtemp(root.data()) != nullptr);
  const std::string path = root + "/missing/lines";
  {
    Harness node(find_type(*plugin, "append"), {{"path", path}});
    node.begin();
    CHECK(node.write({"a", "b\nc", "d"}));
    REQUIRE(node.await([&] {
      const std::vector<StatusLine> all = node.statuses();
      return std::any_of(all.begin(), all.end(), [](const auto& each) { return each.status == SLUICE_STATUS_BLOCKED; });
    }));
    CHECK(node.settlements().empty());
    std::filesystem::create_directory(root + "/missing");
    REQUIRE(node.await([&] { return node.settlements().size() == 3; }));
    CHECK(node.settled(SLUICE_DELIVERED) == 2);
    CHECK(node.settled(SLUICE_FAILED) == 1);
    std::ifstream file(path);
    CHECK(std::string(std::istreambuf_iterator<char>(file), {}) == "a\nd\n");
  }
  check_contract(find_type(*plugin, "append"), {{"path", path}}, {"{}", "{\"a\":1}", ""});
  std::filesystem::remove_all(root);
}
