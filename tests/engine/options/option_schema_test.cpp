// SPDX-License-Identifier: Apache-2.0
#include "options/option_schema.hpp"

#include <simdjson.h>

#include "catch.hpp"
#include "sample_table.hpp"

using namespace sluice::engine;

namespace {
struct Schema {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  explicit Schema(const std::string& json) { root = parser.parse(json); }
  std::string at(const char* pointer) const {
    simdjson::dom::element found;
    if (root.at_pointer(pointer).get(found) != simdjson::SUCCESS) return "(nothing)";
    return simdjson::minify(found);
  }
};
}  // namespace

TEST_CASE("the schema of a table is JSON with every option in it", "[options]") {
  const Schema schema("{" + properties_schema(OptionTable(sluice::engine::test::table)) + "}");
  CHECK(schema.root.get_object().value().size() == std::size(sluice::engine::test::table));
  CHECK(schema.at("/records/default") == "\"500\"");
  CHECK(schema.at("/records/description") == "\"Most records.\"");
  CHECK(schema.at("/shift/anyOf/0/minimum") == "-5");
  CHECK(schema.at("/shift/anyOf/0/maximum") == "5");
  CHECK(schema.at("/colour/anyOf/0/enum") == "[\"red\",\"green\"]");
  CHECK(schema.at("/symbols/anyOf/1/type") == "\"array\"");
  CHECK(schema.at("/columns/additionalProperties/required") == "[\"from\"]");
  CHECK(schema.at("/columns/additionalProperties/properties/from/anyOf/1/maxItems") == "3");
  CHECK(schema.at("/reconnect/additionalProperties") == "false");
  CHECK(schema.at("/proxy/required") == "[\"host\"]");
}

TEST_CASE("required names come with a first one", "[options]") {
  CHECK(required_names(OptionTable(sluice::engine::test::table), "type") == "[\"type\",\"topic\"]");
  CHECK(required_names(OptionTable{}) == "[]");
}
