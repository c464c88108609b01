// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "options/option_table.hpp"
#include "sample_table.hpp"

using namespace sluice;
using namespace sluice::engine;

TEST_CASE("a sound table has nothing wrong with it", "[options]") {
  CHECK(check_options(OptionTable(engine::test::table), "node type \"sample\"").empty());
}

TEST_CASE("a copy is deep, and reads with any stride", "[options]") {
  struct Wide {
    sluice_option known;
    uint64_t later[2];
  };
  const Wide fields[] = {{option::text("a", "A."), {9, 9}}, {option::text("b", "B."), {9, 9}}};
  Wide options[] = {{option::text("x", "X."), {9, 9}}, {option::make(SLUICE_OBJECT, "y", "Y."), {9, 9}}};
  options[1].known.fields = &fields[0].known;
  options[1].known.field_count = 2;
  OptionCopies copies;
  const Result<OptionTable> table = copies.copy(&options[0].known, 2, sizeof(Wide), "it");
  REQUIRE(table);
  CHECK(name_of((*table)[1]) == "y");
  REQUIRE((*table)[1].field_count == 2);
  CHECK(name_of((*table)[1].fields[1]) == "b");
}

TEST_CASE("tables that no reader could walk are refused", "[options]") {
  OptionCopies copies;
  sluice_option loop = option::make(SLUICE_OBJECT, "loop", "Loops.");
  loop.fields = &loop;
  loop.field_count = 1;
  CHECK(copies.copy(&loop, 1, sizeof loop, "it").error().message.find("deeper than 8 levels") != std::string::npos);
  CHECK(copies.copy(&loop, 1, 8, "it").error().message.find("wrong option_stride: 8") != std::string::npos);
  CHECK(copies.copy(nullptr, 1, sizeof loop, "it").error().message.find("gives no table") != std::string::npos);
  CHECK(copies.copy(&loop, UINT64_MAX, sizeof loop, "it").error().message.find("more than") != std::string::npos);
  sluice_option wild = option::text("wild", "Wild.");
  wild.summary = {nullptr, 12};
  CHECK(OptionCopies().copy(&wild, 1, sizeof wild, "it").error().message.find("unreadable") != std::string::npos);
}

TEST_CASE("each fault of a table is named", "[options]") {
  const auto told = [](const sluice_option& option) {
    const auto found = check_options(OptionTable(&option, 1), "T");
    return found.empty() ? std::string() : found[0];
  };
  CHECK(told(option::text("Bad", "B.")) == "T, option \"Bad\": a name is lower-case letters, digits and underscores");
  CHECK(told(option::text("a", "A.").required().or_else("x")) == "T, option \"a\": required, and yet with a default");
  CHECK(told(option::text("a", "A.").or_else("${HOME}")) == "T, option \"a\": a default cannot hold variables");
  CHECK(told(option::text("a", "A.").secret().or_else("x")) == "T, option \"a\": a secret with a default is none");
  CHECK(told(option::integer("a", "A.").between(5, 4)) == "T, option \"a\": its least bound is above its most");
  CHECK(told(option::text("a", "A.").one_or_list()) == "T, option \"a\": only a list can be one or list");
  CHECK(told(option::make(13, "a", "A.")) == "T, option \"a\": kind 13 is not known to this sluice");
  CHECK(told(option::make(SLUICE_LIST, "a", "A.")) ==
        "T, option \"a\": it needs exactly one field, which describes its items");
  CHECK(told(option::count("a", "A.").between(1, 5).or_else("6")) ==
        "T, option \"a\": its default does not read: option \"a\": \"6\" is out of range; it must be from 1 to 5");
  CHECK(told(option::text("a", "")) == "T, option \"a\": it has no summary");
}

TEST_CASE("types are told in words", "[options]") {
  CHECK(type_words(engine::test::table[8]) == "a count, from 1 to 1M");
  CHECK(type_words(engine::test::table[9]) == "one of red, green");
  CHECK(type_words(engine::test::table[11]) == "a list, each a text, or a single one");
  CHECK(type_words(engine::test::column[0]) == "a list, each a text, from 1 to 3 items, or a single one");
  CHECK(type_words(engine::test::table[6]) == "a duration, at least 1ns");
}
