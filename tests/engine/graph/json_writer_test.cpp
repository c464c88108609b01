// SPDX-License-Identifier: Apache-2.0
#include "graph/json_writer.hpp"

#include <vector>

#include "catch.hpp"

using sluice::engine::JsonWriter;

TEST_CASE("commas stand between what is written, and nowhere else") {
  JsonWriter json;
  json.begin_object().member("text", "a\"b").member("yes", true).member("number", uint64_t{18446744073709551615U});
  json.list("none", std::vector<int>{}, [](int) {});
  json.list("some", std::vector<int>{-1, 2}, [&](int each) { json.value(each); });
  json.key("inside").begin_object().end_object();
  json.key("lists").begin_list().begin_list().end_list().begin_list().value("x").null().end_list().end_list();
  json.key("raw").raw("{\"a\":1}").member("last", 'c' == 'd');
  CHECK(json.end_object().take() ==
        R"({"text":"a\"b","yes":true,"number":18446744073709551615,"none":[],"some":[-1,2],"inside":{},)"
        R"("lists":[[],["x",null]],"raw":{"a":1},"last":false})");
}

TEST_CASE("keys are escaped, too") {
  JsonWriter json;
  CHECK(json.begin_object().member("a\n\xff", std::string("b")).end_object().take() == "{\"a\\n\xEF\xBF\xBD\":\"b\"}");
}
