// SPDX-License-Identifier: Apache-2.0
#include "loader/graph_schema.hpp"

#include <simdjson.h>

#include "catch.hpp"
#include "fixture_files.hpp"

using namespace sluice::engine;
using namespace sluice::engine::test;

namespace {
std::string at(const std::string& json, const char* pointer) {
  simdjson::dom::parser parser;
  simdjson::dom::element root = parser.parse(json);
  simdjson::dom::element found;
  if (root.at_pointer(pointer).get(found) != simdjson::SUCCESS) return "(nothing)";
  return simdjson::minify(found);
}
}  // namespace

TEST_CASE("the schema names every type and gives each its options", "[loader]") {
  const TemporaryDirectory directory;
  directory.take("plain_c");
  const std::string schema = graph_schema(Registry({directory.path()}));
  CHECK(at(schema, "/required") == R"(["graph","nodes","edges"])");
  const std::string node = "/properties/nodes/additionalProperties";
  CHECK(at(schema, (node + "/properties/type/enum").c_str()) == R"(["c_sink","c_source","c_upper"])");
  const std::string source = node + "/allOf/1";
  CHECK(at(schema, (source + "/if/properties/type/const").c_str()) == "\"c_source\"");
  CHECK(at(schema, (source + "/then/additionalProperties").c_str()) == "false");
  CHECK(at(schema, (source + "/then/properties/per_batch/default").c_str()) == "\"64\"");
  CHECK(at(schema, (source + "/then/required").c_str()) == "[\"type\"]");
  const std::string edge = "/properties/edges/items/anyOf/1/properties";
  CHECK(at(schema, (edge + "/buffer/required").c_str()) == R"(["records","bytes"])");
  CHECK(at(schema, (edge + "/when_full/anyOf/0/anyOf/0/enum").c_str()) == R"(["block","drop_newest","drop_oldest"])");
}

TEST_CASE("without plugins the schema is still one", "[loader]") {
  const std::string schema = graph_schema(Registry({}));
  CHECK(at(schema, "/properties/nodes/additionalProperties/properties/type/type") == "\"string\"");
  CHECK(at(schema, "/properties/nodes/additionalProperties/allOf") == "(nothing)");
}
