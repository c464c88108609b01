// SPDX-License-Identifier: Apache-2.0
#include "audit/record_reader.hpp"

#include "catch.hpp"

using sluice::engine::RecordReader;

TEST_CASE("fields are found in plain payloads and in any other JSON") {
  RecordReader reader;
  const int key = reader.add("s");
  const int id = reader.add("t");
  CHECK(reader.add("s") == key);
  CHECK(reader.add("") == -1);
  REQUIRE(reader.read(R"({"e":"trade","s":"A","t":12})"));
  CHECK(reader[key] == "A");
  CHECK(reader[id] == "12");
  REQUIRE(reader.read(R"({ "s" : "\u5e01\u5b89", "t" : 13, "deep" : {"t": 14} })"));
  CHECK(reader[key] == "\u5e01\u5b89");
  CHECK(reader[id] == "13");
  REQUIRE(reader.read(R"({"s":null,"t":"15"})"));
  CHECK(reader[key].data() == nullptr);
  CHECK(reader[id] == "15");
  REQUIRE(reader.read(R"({"s":null,"t":[1]})"));
  CHECK(reader[key].data() == nullptr);
  CHECK(reader[-1].data() == nullptr);
  CHECK_FALSE(reader.read("not JSON"));
  CHECK_FALSE(reader.read("[1]"));
}
