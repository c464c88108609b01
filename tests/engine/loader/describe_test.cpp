// SPDX-License-Identifier: Apache-2.0
#include "loader/describe.hpp"

#include "catch.hpp"
#include "fixture_files.hpp"
#include "options/option_reader.hpp"
#include "sluice/plugin.hpp"

using namespace sluice;
using namespace sluice::engine;
using namespace sluice::engine::test;

namespace {

Result<Described> described(const NodeType& type, uint32_t role = SLUICE_ROLE_NODE) {
  const TypedConfig options = default_options(type.options);
  return describe(type, options.root(), role);
}

constexpr sluice_option relay_options[] = {option::attribute("key", "What it is ordered by.").or_else("symbol")};

int32_t relay_describe(const sluice_config* config, const sluice_describe_api* api, void* to, sluice_error*) {
  Description description(api, to);
  description.durable(true, "it is stored on three machines");
  if (description.role() == Role::relay_output) {
    description.provides_time("stored_at");
    description.optional_output("late");
    description.output("rows");
  }
  description.warning(Config(config)["key"], "a sentence");
  return SLUICE_OK;
}

NodeType relay() {
  NodeType type;
  type.name = "relay";
  type.kind = SLUICE_RELAY;
  type.options = OptionTable(relay_options);
  type.slots.describe = &relay_describe;
  return type;
}

}  // namespace

TEST_CASE("ports that are not named are those of the contract", "[loader]") {
  const auto plugin = load_plugin(fixture("plain_c"));
  REQUIRE(plugin);
  const auto source = described((*plugin)->types[0]);
  REQUIRE(source);
  CHECK(source->inputs.empty());
  REQUIRE(source->outputs.size() == 1);
  CHECK(source->outputs[0].name == "out");
  CHECK(source->fact(SLUICE_FACT_REPLAY) == SLUICE_REPLAY_FROM_BEGINNING);
  CHECK(source->fact(SLUICE_FACT_DURABLE) == 0);
  CHECK(source->reason(SLUICE_FACT_REPLAY) == "it counts again from 1");
  REQUIRE(source->provides.size() == 1);
  CHECK(source->provides[0].name == "number");
  const auto transform = described((*plugin)->types[1]);
  CHECK(transform->inputs == std::vector<std::string>{"in"});
  CHECK(transform->outputs.size() == 1);
  const auto sink = described((*plugin)->types[2]);
  CHECK(sink->inputs.size() == 1);
  CHECK(sink->outputs.empty());
}

TEST_CASE("the halves of a relay are described apart", "[loader]") {
  const NodeType type = relay();
  const auto input = described(type, SLUICE_ROLE_RELAY_INPUT);
  REQUIRE(input);
  CHECK(input->inputs == std::vector<std::string>{"in"});
  CHECK(input->outputs.empty());
  REQUIRE(input->needs.size() == 1);
  CHECK(input->needs[0].attribute == "symbol");
  const auto output = described(type, SLUICE_ROLE_RELAY_OUTPUT);
  REQUIRE(output);
  CHECK(output->inputs.empty());
  CHECK(output->needs.empty());
  REQUIRE(output->outputs.size() == 2);
  CHECK(output->outputs[0].optional);
  CHECK(output->outputs[1].name == "rows");
  CHECK(output->provides[0].value_kind == SLUICE_VALUE_TIME);
  REQUIRE(output->problems.size() == 1);
  CHECK(output->problems[0].warning);
}

TEST_CASE("a failing describe is an error that names the type", "[loader]") {
  const auto plugin = load_plugin(fixture("open_fails"));
  REQUIRE(plugin);
  const auto failed = described((*plugin)->types[1]);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().message ==
        "the node type \"describe_fails\" cannot describe itself with these options: this node type never describes "
        "itself");
}

TEST_CASE("a failing open comes with category, code and sentence", "[loader]") {
  const auto plugin = load_plugin(fixture("open_fails"));
  REQUIRE(plugin);
  void* node = nullptr;
  sluice_error error = empty_error();
  const sluice_node_type& slots = (*plugin)->types[0].slots;
  REQUIRE(slots.open(nullptr, nullptr, SLUICE_ROLE_NODE, nullptr, &node, &error) == SLUICE_ERROR);
  const Error told = from_abi(error);
  CHECK(told.category == Category::operator_needed);
  CHECK(told.code == "28P01");
  CHECK(contains(told.message, "the password of user market is wrong"));
}
