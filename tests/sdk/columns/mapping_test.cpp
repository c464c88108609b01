// SPDX-License-Identifier: Apache-2.0
// What a graph may say about columns, and what it is told when it says something else.
#include "catch.hpp"
#include "mapping_fixture.hpp"

using namespace sluice::columns;
using columns_test::Options;
using columns_test::Spec;

namespace {

std::string problem(std::vector<Spec> specs) {
  const Options options(std::move(specs));
  const auto mapping = Mapping::from(options.columns());
  return mapping ? "no problem" : mapping.error().message;
}

/// Everything that describe says, as the host would hear it.
struct Heard {
  std::vector<std::string> problems, needs;
};
Heard describe(const Options& options) {
  Heard heard;
  sluice_describe_api api{};
  api.struct_size = sizeof api;
  api.needs = [](void* to, sluice_str name, const sluice_config*) {
    static_cast<Heard*>(to)->needs.emplace_back(sluice::to_view(name));
  };
  api.problem = [](void* to, const sluice_config*, uint32_t, sluice_str sentence) {
    static_cast<Heard*>(to)->problems.emplace_back(sluice::to_view(sentence));
  };
  sluice::Description description(&api, &heard);
  static_cast<void>(Mapping::from(options.columns(), &description));
  return heard;
}

}  // namespace

TEST_CASE("types are read by SQL's names") {
  CHECK(*parse_type("numeric(20,8)") == Type{TypeKind::numeric, 20, 8});
  CHECK(*parse_type("numeric( 20 , 8 )") == Type{TypeKind::numeric, 20, 8});
  CHECK(*parse_type("numeric(6)") == Type{TypeKind::numeric, 6, 0});
  CHECK(*parse_type("numeric") == Type{TypeKind::numeric});
  CHECK(*parse_type("double precision") == Type{TypeKind::double_precision});
  for (const char* name : {"text", "bigint", "integer", "boolean", "numeric", "timestamptz", "double precision", "json",
                           "jsonb", "numeric(20,8)", "numeric(1000,1000)", "smallint", "real", "timestamp", "date"}) {
    INFO(name);
    CHECK(type_name(*parse_type(name)) == name);
  }
  for (const char* name : {"", "int", "Text", "numeric(", "numeric()", "numeric(0)", "numeric(8,20)", "numeric(1001,0)",
                           "numeric(20,-1)", "numeric(20,8,1)", "numeric(a,b)", "varchar(20)", "numeric(20,8) "}) {
    INFO(name);
    if (std::string_view(name) == "numeric(20,8) ") {
      CHECK(parse_type(name).ok());
    } else {
      CHECK(!parse_type(name).ok());
    }
  }
}

TEST_CASE("problems name the column and what to do") {
  CHECK(problem({{"price", "numeric(8,20)", {"p"}}}).find("column \"price\": \"numeric(8,20)\" is not a numeric") == 0);
  CHECK(problem({{"price", "money", {"p"}}}).find("there are text, bigint") != std::string::npos);
  CHECK(problem({{"price", "numeric", {"p"}, "ms"}}).find("unit belongs to timestamptz") != std::string::npos);
  CHECK(problem({{"price", "numeric", {"p..q"}}}).find("empty name") != std::string::npos);
  CHECK(problem({{"price", "numeric", {"p", "p"}}}).find("twice") != std::string::npos);
  CHECK(problem({{"n", "int2", {"n"}}}).find("did you mean \"smallint\"?") != std::string::npos);
  CHECK(problem({{"n", "float4", {"n"}}}).find("did you mean \"real\"?") != std::string::npos);
  CHECK(problem({{"n", "timestamp(3)", {"n"}}}).find("did you mean \"timestamp\"?") != std::string::npos);
  CHECK(problem({{"n", "bytea", {"n"}}}) ==
        "column \"n\": \"bytea\" is not a column type; there are text, bigint, integer, smallint, boolean, numeric, "
        "numeric(p,s), timestamptz, timestamp, date, double precision, real, json and jsonb");
  CHECK(problem({{"n", "date", {"n"}, "s"}}) == "no problem");
  CHECK(problem({{"n", "timestamp", {"n"}, "s"}}) == "no problem");
  CHECK(problem({{"price", "numeric", {"p"}, "", false, "symbol"}}).find("both from and attribute") !=
        std::string::npos);
  CHECK(problem({{"price", "numeric", {"p"}}}) == "no problem");
}

TEST_CASE("describe reports all problems and the attributes that are needed") {
  const Heard heard = describe(Options({{"a", "money"},
                                        {"b", "text", {}, "", false, "symbol"},
                                        {"c", "text", {}, "ms"},
                                        {"d", "timestamptz", {}, "", false, "receive_time"}}));
  CHECK(heard.problems.size() == 2);
  CHECK(heard.needs == std::vector<std::string>{"symbol"});
}

TEST_CASE("a conflict target is made of columns that are never null") {
  const Options options({{"a", "text"}, {"b", "bigint"}, {"c", "text", {}, "", true}});
  const Mapping mapping = *Mapping::from(options.columns());
  sluice_config items[4]{};
  const char* names[] = {"b", "a", "c", "x"};
  for (size_t i = 0; i < 4; ++i) {
    items[i].struct_size = sizeof items[i];
    items[i].kind = SLUICE_TEXT;
    items[i].text = sluice::to_str(names[i]);
  }
  sluice_config list{};
  list.struct_size = sizeof list;
  list.kind = SLUICE_LIST;
  list.items = items;
  list.item_count = 2;
  std::vector<Mapping::Problem> problems;
  CHECK(mapping.conflict_target(sluice::Config(&list), problems) == std::vector<size_t>{1, 0});
  CHECK(problems.empty());
  list.item_count = 4;
  mapping.conflict_target(sluice::Config(&list), problems);
  REQUIRE(problems.size() == 2);
  CHECK(problems[0].sentence.find("nullable") != std::string::npos);
  CHECK(problems[1].sentence.find("not among the columns") != std::string::npos);
}
