// SPDX-License-Identifier: Apache-2.0
// Values of tests become the tree that a node gets: defaults, units, nested kinds, and sentences on what is wrong.
#include "sluice/testing/options.hpp"

#include "catch.hpp"
#include "sluice/config.hpp"
#include "sluice/option.hpp"

namespace {

using namespace sluice::testing;
using namespace std::chrono_literals;
namespace option = sluice::option;
using sluice::Config;
using sluice::to_str;

constexpr sluice_str colours[] = {to_str("red"), to_str("green")};
constexpr sluice_option name = option::text("name", "A name.");
constexpr sluice_option number = option::integer("number", "A number.");
constexpr sluice_option pace[] = {option::duration("first", "First wait.").or_else("1s"),
                                  option::duration("most", "Longest wait.").or_else("60s")};
constexpr sluice_option strict[] = {option::text("must", "Needed.").required()};
constexpr sluice_option table[] = {
    option::text("path", "A path.").required(),
    option::duration("within", "A time.").or_else("2s"),
    option::size("room", "A size.").or_else("64MiB").between(1, 1 << 30),
    option::count("records", "A count.").or_else("500k"),
    option::choice("colour", "A colour.", colours).or_else("green"),
    option::boolean("fast", "Or not.").or_else("true"),
    option::real("rate", "A rate."),
    option::list("names", "Names.", name).or_else("[a, b]").one_or_list(),
    option::map("lanes", "Lanes.", number).or_else("{ x: 1, y: 2 }"),
    option::object("pace", "Waits.", pace),
    option::object("strict", "With a required field.", strict),
};
constexpr sluice_node_type type_of_table() {
  sluice_node_type type{};
  type.options = table;
  type.option_count = std::size(table);
  type.option_stride = sizeof(sluice_option);
  return type;
}

std::vector<std::string> problems_of(const Values& values) { return build_options(type_of_table(), values)->problems; }

}  // namespace

TEST_CASE("defaults are filled in, of every kind") {
  const auto tree = build_options(type_of_table(), {{"path", "x"}});
  REQUIRE(tree->problems == std::vector<std::string>{});
  const Config root(&tree->root);
  CHECK(root["path"].text() == "x");
  CHECK(root["within"].nanoseconds() == 2'000'000'000);
  CHECK(root["room"].bytes() == 64 << 20);
  CHECK(root["records"].integer() == 500'000);
  CHECK(root["colour"].integer() == 1);
  CHECK(root["fast"].boolean());
  CHECK_FALSE(root["rate"].present());
  REQUIRE(root["names"].size() == 2);
  CHECK(root["names"][1].text() == "b");
  CHECK(root["lanes"]["y"].integer() == 2);
  CHECK(root["pace"]["most"].nanoseconds() == 60'000'000'000);
  CHECK_FALSE(root["strict"].present());
}

TEST_CASE("typed values and texts as in a graph both do") {
  const auto tree = build_options(type_of_table(), {{"path", "x"},
                                                    {"within", 250ms},
                                                    {"room", "4KiB"},
                                                    {"records", 3},
                                                    {"colour", "red"},
                                                    {"fast", false},
                                                    {"rate", 0.5},
                                                    {"names", "single"},
                                                    {"lanes", map({{"z", 9}})},
                                                    {"pace", map({{"first", "5ms"}})},
                                                    {"strict", map({{"must", "y"}})}});
  REQUIRE(tree->problems == std::vector<std::string>{});
  const Config root(&tree->root);
  CHECK(root["within"].nanoseconds() == 250'000'000);
  CHECK(root["room"].bytes() == 4096);
  CHECK(root["colour"].integer() == 0);
  CHECK_FALSE(root["fast"].boolean());
  CHECK(root["rate"].real() == 0.5);
  REQUIRE(root["names"].size() == 1);
  CHECK(root["names"][0].text() == "single");
  CHECK(root["lanes"]["z"].integer() == 9);
  CHECK(root["pace"]["first"].nanoseconds() == 5'000'000);
  CHECK(root["pace"]["most"].nanoseconds() == 60'000'000'000);
  CHECK(root["strict"]["must"].text() == "y");
}

TEST_CASE("what is wrong is said by name") {
  CHECK(problems_of({}) == std::vector<std::string>{"option 'path' is required"});
  CHECK(problems_of({{"path", "x"}, {"pth", "x"}}).size() == 1);
  CHECK(problems_of({{"path", "x"}, {"within", "2"}}).size() == 1);
  CHECK(problems_of({{"path", "x"}, {"room", 0}}).size() == 1);
  CHECK(problems_of({{"path", "x"}, {"colour", "blue"}}).size() == 1);
  CHECK(problems_of({{"path", "x"}, {"strict", map({})}}) ==
        std::vector<std::string>{"option 'strict.must' is required"});
  CHECK(problems_of({{"path", "x"}, {"pace", map({{"last", "1s"}})}}).size() == 1);
}
