// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "sample_table.hpp"
#include "sluice/config.hpp"

using namespace sluice;
using namespace sluice::engine;
using engine::test::read;

namespace {
Config root_of(const engine::test::Outcome& outcome) { return Config(&outcome.config.root()); }
using Lines = std::vector<std::string>;
}  // namespace

TEST_CASE("defaults are filled in, and what has none stays absent", "[options]") {
  const auto outcome = read("topic: trades\n");
  REQUIRE(outcome.problems() == Lines{});
  const Config root = root_of(outcome);
  REQUIRE(root.size() == std::size(engine::test::table));
  CHECK(root["topic"].text() == "trades");
  CHECK(root["topic"].line() == 1);
  CHECK(root["within"].nanoseconds() == 2'000'000'000);
  CHECK(root["within"].line() == 0);
  CHECK(root["limit"].bytes() == 1'048'576);
  CHECK(root["records"].integer() == 500);
  CHECK(root["colour"].text() == "green");
  CHECK(root["colour"].integer() == 1);
  CHECK(root["verify"].boolean());
  CHECK(root["symbols"].size() == 2);
  CHECK(root["symbols"][1].text() == "ETH");
  CHECK_FALSE(root["password"].present());
  CHECK_FALSE(root["columns"].present());
  CHECK(root["columns"].key() == "columns");
}

TEST_CASE("an absent object counts as an empty one when nothing in it is required", "[options]") {
  const auto outcome = read("topic: trades\n");
  const Config root = root_of(outcome);
  CHECK(root["reconnect"].present());
  CHECK(root["reconnect"]["first"].nanoseconds() == 1'000'000'000);
  CHECK(root["reconnect"].line() == 0);
  CHECK_FALSE(root["proxy"].present());
}

TEST_CASE("an object that is there gets the defaults of its other fields", "[options]") {
  const auto outcome = read("topic: t\nreconnect: { max: 5s }\nproxy: { host: here }\n");
  REQUIRE(outcome.problems() == Lines{});
  const Config root = root_of(outcome);
  CHECK(root["reconnect"]["first"].nanoseconds() == 1'000'000'000);
  CHECK(root["reconnect"]["max"].nanoseconds() == 5'000'000'000);
  CHECK(root["proxy"]["port"].integer() == 3128);
  CHECK(root["proxy"]["port"].line() == 0);
  CHECK(root["proxy"]["host"].line() == 3);
}

TEST_CASE("maps keep their keys, and a single value may stand for a list of one", "[options]") {
  const auto outcome =
      read("topic: t\ncolumns:\n  id: { from: [t, a], as: bigint }\n  price: { from: p }\nsymbols: X\n");
  REQUIRE(outcome.problems() == Lines{});
  const Config columns = root_of(outcome)["columns"];
  REQUIRE(columns.size() == 2);
  CHECK(columns["id"]["from"].size() == 2);
  CHECK(columns[1].key() == "price");
  CHECK(columns["price"]["from"][0].text() == "p");
  CHECK(columns["price"]["as"].text() == "text");
  CHECK(root_of(outcome)["symbols"].size() == 1);
}

TEST_CASE("all problems are found in one pass, each at its place", "[options]") {
  const auto outcome = read(
      "topc: trades\n"
      "within: 2\n"
      "limit: 3 apples\n"
      "records: 0\n"
      "colour: gren\n"
      "verify: yes please\n"
      "shift: 6\n"
      "ratio: 1.5\n"
      "symbols: { a: b }\n"
      "columns:\n"
      "  id: { from: [] }\n"
      "  price: { form: p }\n"
      "reconnect: 5s\n"
      "proxy:\n"
      "  port: 99999\n"
      "password:\n");
  CHECK(
      outcome.problems() ==
      Lines{
          "1:1 unknown-option \"topc\" is not an option of sample; it has topic, password, pin, shift, ratio, verify, "
          "within, limit, records, colour, key, symbols, columns, reconnect, proxy (did you mean topic?)",
          "1:1 missing-option sample needs the option \"topic\", a text: The topic.",
          "2:9 bad-unit option \"within\": \"2\" is not a duration; write a whole number and ns, us, ms, s, m, h or "
          "d, such as 250ms, 2s or 7d",
          "3:8 bad-unit option \"limit\": \"3 apples\" is not a size; write a whole number and B, KB, MB, GB, KiB, "
          "MiB or GiB, such as 64KiB or 256MiB",
          "4:10 out-of-range option \"records\": \"0\" is out of range; it must be from 1 to 1M",
          "5:9 unknown-word option \"colour\": \"gren\" is not one of red, green (did you mean green?)",
          "6:9 wrong-type option \"verify\": \"yes please\" is not true or false; write one of these two words",
          "7:8 out-of-range option \"shift\": \"6\" is out of range; it must be from -5 to 5",
          "8:8 out-of-range option \"ratio\": \"1.5\" is out of range; it must be from 0 to 1",
          "9:10 wrong-type option \"symbols\": it takes a list, each a text, or a single one, but this is a map",
          "11:15 out-of-range option \"columns.id.from\": it has 0 items; it must have from 1 to 3 items",
          "12:10 missing-option sample needs the option \"columns.price.from\", a list, each a text, from 1 to 3 "
          "items, or a single one: Where it comes from.",
          "12:12 unknown-option \"form\" is not an option of \"columns.price\"; it has from, as (did you mean from?)",
          "13:12 wrong-type option \"reconnect\": it takes a map, but this is a single value",
          "15:3 missing-option sample needs the option \"proxy.host\", a text: The host.",
          "15:9 out-of-range option \"proxy.port\": \"99999\" is out of range; it must be from 1 to 65535",
          "16:1 wrong-type option \"password\": it has no value; write a text, or leave the option out"});
}

TEST_CASE("secrets never show, neither those of the table nor those out of files", "[options]") {
  const auto outcome =
      read("topic: t\npin: hunter2\nwithin: ${file:/run/secret}\nreconnect: { first: \"${file:/run/secret}\" }\n", true,
           {}, {{"/run/secret", "hunter3"}});
  const Lines problems = outcome.problems();
  REQUIRE(problems.size() == 3);
  for (const std::string& line : problems) {
    INFO(line);
    CHECK(line.find("hunter") == std::string::npos);
    CHECK(line.find("*** is not a duration") != std::string::npos);
  }
}

TEST_CASE("what is secret is known of the value", "[options]") {
  const auto outcome = read("topic: ${file:/topic}\npassword: hunter2\nkey: symbol\n", true, {}, {{"/topic", "t"}});
  REQUIRE(outcome.problems() == Lines{});
  const Config root = root_of(outcome);
  CHECK(outcome.config.is_secret(*root["topic"].get()));
  CHECK(outcome.config.is_secret(*root["password"].get()));
  CHECK_FALSE(outcome.config.is_secret(*root["key"].get()));
  CHECK(root["topic"].text() == "t");
}

TEST_CASE("variables are expanded before a value is checked", "[options]") {
  const auto outcome =
      read("topic: ${T:-a}.${U}\nwithin: ${W}\nrecords: ${R}\n", true, {{"U", "b"}, {"W", "5s"}, {"R", "x"}});
  CHECK(root_of(outcome)["topic"].text() == "a.b");
  CHECK(root_of(outcome)["within"].nanoseconds() == 5'000'000'000);
  REQUIRE(outcome.problems().size() == 1);
  CHECK(outcome.problems()[0].starts_with("3:10 bad-unit option \"records\": \"x\" is not a count"));
}

TEST_CASE("an unset variable is a problem only of a node that runs", "[options]") {
  const std::string yaml = "topic: ${T}\nrecords: ${R}\nwithin: ${W:-7s}\nsymbols: [\"${S}\"]\n";
  CHECK(read(yaml).problems().size() == 3);
  const auto other = read(yaml, false);
  CHECK(other.problems() == Lines{});
  CHECK(root_of(other)["topic"].text() == "${T}");
  CHECK(root_of(other)["records"].integer() == 1);
  CHECK(root_of(other)["within"].nanoseconds() == 7'000'000'000);
  CHECK(read("topic: ${T\n", false).problems().size() == 1);
  CHECK(read("topic: t\nrecords: x\n", false).problems().size() == 1);
}

TEST_CASE("the tree stays where it is when it is moved", "[options]") {
  auto outcome = read("topic: trades\ncolumns: { id: { from: t } }\n");
  const sluice_config* root = &outcome.config.root();
  const std::string_view topic = root_of(outcome)["topic"].text();
  const TypedConfig moved = std::move(outcome.config);
  CHECK(&moved.root() == root);
  CHECK(Config(&moved.root())["topic"].text().data() == topic.data());
  CHECK(Config(&moved.root())["columns"]["id"]["from"][0].text() == "t");
}

TEST_CASE("options that are no map, and none at all", "[options]") {
  CHECK(read("[a, b]\n").problems() == Lines{"1:1 wrong-type the options are a list, not a map"});
  Diagnostics diagnostics;
  const OptionReading how;
  static_cast<void>(read_options(OptionTable{}, YamlNode{}, how, diagnostics));
  CHECK(diagnostics.empty());
  const TypedConfig defaults = default_options(OptionTable(engine::test::table));
  CHECK(Config(&defaults.root())["records"].integer() == 500);
  CHECK_FALSE(Config(&defaults.root())["topic"].present());
}
