// SPDX-License-Identifier: Apache-2.0
// Rows as they come out of the database again.
#include "support.hpp"

using namespace timescale_test;

TEST_CASE("a trade is stored in the seed's columns, exactly") {
  const std::string url = server();
  if (url.empty()) return;
  Space space(url);
  Harness node(timescale_type(), trade_options(space.url()));
  node.begin();
  must(node.write({trade(7)}));
  REQUIRE(all_settled(node));
  CHECK(node.settled(SLUICE_DELIVERED) == 1);
  CHECK(space.person().run("SELECT event_time AT TIME ZONE 'UTC', symbol, event_type, trade_id, price, quantity, "
                           "is_buyer_maker FROM trades") ==
        std::vector<std::string>{"2024-08-08 23:54:15.349", "BTCUSDT", "trade", "7", "61837.63000000", "0.02000000",
                                 "t"});
  CHECK(node.metric("rows_inserted_total") == 1);
  CHECK(node.metric("statements_total") == 1);
}

TEST_CASE("the same batches twice are the same rows") {
  const std::string url = server();
  if (url.empty()) return;
  Space space(url);
  Harness node(timescale_type(), trade_options(space.url()));
  node.begin();
  for (int round = 0; round < 2; ++round) {
    must(node.write(trades(0, 300)));
    must(node.write(trades(200, 500)));
    REQUIRE(all_settled(node));
  }
  CHECK(node.settled(SLUICE_DELIVERED) == 1200);
  CHECK(space.person().count("trades") == 500);
  CHECK(node.metric("rows_inserted_total") == 500);
  CHECK(node.metric("rows_already_there_total") == 700);
}

TEST_CASE("one key twice in one batch is no loss") {
  const std::string url = server();
  if (url.empty()) return;
  Space space(url);
  Harness node(timescale_type(), trade_options(space.url()));
  node.begin();
  must(node.write({trade(1), trade(2), trade(1), trade(1), trade(3)}));
  REQUIRE(all_settled(node));
  CHECK(node.settled(SLUICE_DELIVERED) == 5);
  CHECK(space.person().count("trades") == 3);
  CHECK(node.metric("rows_already_there_total") == 2);
  CHECK(node.metric("statements_total") == (method() == "copy" ? 3 : 2));
}

TEST_CASE("without a conflict target everything is stored") {
  const std::string url = server();
  if (url.empty()) return;
  Space space(url);
  Values options = trade_options(space.url());
  std::erase_if(options, [](const Field& each) { return each.key == "conflict"; });
  Harness node(timescale_type(), options);
  node.begin();
  must(node.write(trades(0, 10)));
  must(node.write(trades(0, 10)));
  REQUIRE(all_settled(node));
  CHECK(space.person().count("trades") == 20);
}

TEST_CASE("all types, their largest values and nulls are stored") {
  const std::string url = server();
  if (url.empty()) return;
  Space space(url);
  const Values null{{"nullable", true}};
  Harness node(timescale_type(), {{"url", space.url()},
                                  {"method", method()},
                                  {"table", space.name() + ".Every \"Type\""},
                                  {"create", true},
                                  {"columns", map({{"id", column("id", "integer")},
                                                   {"Text", column("text", "text", null)},
                                                   {"big", column("big", "bigint", null)},
                                                   {"num", column("num", "numeric", null)},
                                                   {"bounded", column("bounded", "numeric(20,8)", null)},
                                                   {"real", column("real", "double precision", null)},
                                                   {"at", column("at", "timestamptz", null)},
                                                   {"yes", column("yes", "boolean", null)},
                                                   {"j", column("j", "json", null)},
                                                   {"jb", column("j", "jsonb", null)}})},
                                  {"conflict", list({"id"})}});
  node.begin();
  const std::string nines(1000, '9');
  must(node.write(
      {R"({"id":2147483647,"text":"\u20ac \"x\" \n","big":9223372036854775807,"num":")" + nines + "." + nines +
           R"(","bounded":"999999999999.99999999","real":1.7976931348623157e308,)"
           R"("at":"9999-12-31T23:59:59.999999Z","yes":true,"j":{"a": [1, 2]}})",
       R"({"id":-2147483648,"text":"","big":-9223372036854775808,"num":"-0.0001","bounded":"-999999999999.99999999",)"
       R"("real":-5e-324,"at":"0001-01-01T00:00:00Z","yes":false,"j":"x"})",
       R"({"id":0})"}));
  REQUIRE(all_settled(node));
  CHECK(reasons(node).empty());
  const auto row = [&](const std::string& id) {
    return space.person().run(
        "SELECT \"Text\", big, num, bounded, \"real\", at AT TIME ZONE 'UTC', yes, j, jb FROM "
        "\"Every \"\"Type\"\"\" WHERE id = " +
        id);
  };
  CHECK(row("2147483647") == std::vector<std::string>{"\u20ac \"x\" \n", "9223372036854775807", nines + "." + nines,
                                                      "999999999999.99999999", "1.7976931348623157e+308",
                                                      "9999-12-31 23:59:59.999999", "t", "{\"a\": [1, 2]}",
                                                      "{\"a\": [1, 2]}"});
  CHECK(row("-2147483648") == std::vector<std::string>{"", "-9223372036854775808", "-0.0001", "-999999999999.99999999",
                                                       "-5e-324", "0001-01-01 00:00:00", "f", "\"x\"", "\"x\""});
  CHECK(row("0") == std::vector<std::string>(9, "NULL"));
}

TEST_CASE("a table may keep whole numbers in wider types") {
  const std::string url = server();
  if (url.empty()) return;
  Space space(url);
  space.person().run(
      "CREATE TABLE wide (id numeric UNIQUE, big numeric(19,0), small_in_big bigint, small_in_numeric numeric(12,2))");
  Harness node(timescale_type(), {{"url", space.url()},
                                  {"method", method()},
                                  {"table", "wide"},
                                  {"columns", map({{"id", column("id", "bigint")},
                                                   {"big", column("id", "bigint")},
                                                   {"small_in_big", column("n", "integer")},
                                                   {"small_in_numeric", column("n", "integer")}})},
                                  {"conflict", list({"id"})}});
  node.begin();
  // As the bytes of a numeric these would be 0, NaN, and too short.
  must(node.write(
      {R"({"id":1234,"n":1})", R"({"id":3221225472,"n":-2147483648})", R"({"id":1723161255342000,"n":2147483647})"}));
  REQUIRE(all_settled(node));
  CHECK(reasons(node).empty());
  CHECK(node.settled(SLUICE_DELIVERED) == 3);
  CHECK(space.person().run("SELECT * FROM wide ORDER BY id") ==
        std::vector<std::string>{"1234", "1234", "1", "1.00", "3221225472", "3221225472", "-2147483648",
                                 "-2147483648.00", "1723161255342000", "1723161255342000", "2147483647",
                                 "2147483647.00"});
}

TEST_CASE("a batch of any size is stored whole") {
  const std::string url = server();
  if (url.empty()) return;
  Space space(url);
  Harness node(timescale_type(), trade_options(space.url()));
  node.begin();
  must(node.write(trades(0, 12'345)));
  REQUIRE(all_settled(node));
  CHECK(node.settled(SLUICE_DELIVERED) == 12'345);
  CHECK(space.person().count("trades") == 12'345);
  CHECK(node.metric("statements_total") == 3);
  // By size, too: three records of 3 MB are three statements.
  std::vector<Input> large;
  for (int64_t id = 20'000; id < 20'003; ++id) large.emplace_back(trade(id) + std::string(3'000'000, ' '));
  must(node.write(std::move(large)));
  REQUIRE(all_settled(node));
  CHECK(space.person().count("trades") == 12'348);
  CHECK(node.metric("statements_total") == 6);
}

TEST_CASE("an ordinary PostgreSQL works, and the log says that it is one") {
  const std::string url = server("POSTGRES_URL");
  if (url.empty()) return;
  Space space(url);
  Harness node(timescale_type(), trade_options(space.url()));
  node.begin();
  must(node.write(trades(0, 100)));
  must(node.write(trades(50, 150)));
  REQUIRE(all_settled(node));
  CHECK(space.person().count("trades") == 150);
  bool said = false;
  for (const LogLine& line : node.logs())
    said = said || line.sentence.find("is an ordinary table") != std::string::npos;
  CHECK(said);
}

TEST_CASE("text may be stored as what has a text form of its own, and is refused alone where it has not") {
  const std::string url = server("POSTGRES_URL");
  if (url.empty()) return;
  Space space(url);
  Database& person = space.person();
  person.run(
      "CREATE TYPE side AS ENUM ('buy', 'sell'); CREATE DOMAIN code AS varchar(4) CHECK (VALUE <> 'none'); CREATE "
      "DOMAIN "
      "sided AS side; CREATE TABLE t (id uuid PRIMARY KEY, s side, c code, d sided, a inet, f char(4))");
  const Values null{{"nullable", true}};
  Harness node(timescale_type(), {{"url", space.url()},
                                  {"method", method()},
                                  {"table", "t"},
                                  {"columns", map({{"id", column("id", "text")},
                                                   {"s", column("s", "text", null)},
                                                   {"c", column("c", "text", null)},
                                                   {"d", column("d", "text", null)},
                                                   {"a", column("a", "text", null)},
                                                   {"f", column("f", "text", null)}})},
                                  {"conflict", list({"id"})}});
  node.begin();
  const std::string one = R"("11111111-2222-3333-4444-55555555555A")";
  const std::string two = R"("11111111-2222-3333-4444-55555555555b")";
  for (int round = 0; round < 2; ++round) {
    must(node.write(
        {R"({"id":)" + one + R"(,"s":"buy","c":"abcd","d":"sell","a":"10.0.0.1","f":"xy"})", R"({"id":)" + two + "}"}));
    REQUIRE(all_settled(node));
  }
  CHECK(reasons(node).empty());
  CHECK(person.run("SELECT * FROM t ORDER BY id LIMIT 1") ==
        std::vector<std::string>{"11111111-2222-3333-4444-55555555555a", "buy", "abcd", "sell", "10.0.0.1", "xy  "});
  CHECK(person.count("t") == 2);
  CHECK(node.metric("rows_already_there_total") == 2);
  CHECK(node.metric("rows_different_total") == 0);
  int64_t bad = 0;
  for (const std::string value :
       {R"("s":"hold")", R"("c":"abcde")", R"("c":"none")", R"("d":"x")", R"("a":"10.0.0")", R"("f":"12345")"}) {
    INFO(value);
    must(node.write({R"({"id":"22222222-2222-3333-4444-00000000000)" + std::to_string(++bad) + R"(",)" + value + "}",
                     R"({"id":"33333333-2222-3333-4444-00000000000)" + std::to_string(bad) + "\"}"}));
    REQUIRE(all_settled(node));
    CHECK(reasons(node).size() == static_cast<size_t>(bad));
    CHECK(person.count("t") == 2 + bad);
  }
  must(node.write({std::string(R"({"id":"no uuid"})")}));
  REQUIRE(all_settled(node));
  CHECK(reasons(node).back().find("22P02") == 0);
}

TEST_CASE("a domain over an enum may be a part of the key") {
  const std::string url = server("POSTGRES_URL");
  if (url.empty()) return;
  Space space(url);
  space.person().run(
      "CREATE TYPE side AS ENUM ('buy', 'sell'); CREATE DOMAIN sided AS side; CREATE TABLE t (d sided PRIMARY KEY)");
  Harness node(timescale_type(), {{"url", space.url()},
                                  {"method", method()},
                                  {"table", "t"},
                                  {"columns", map({{"d", column("d", "text")}})},
                                  {"conflict", list({"d"})}});
  node.begin();
  for (int round = 0; round < 2; ++round) {
    must(node.write({std::string(R"({"d":"buy"})"), std::string(R"({"d":"sell"})")}));
    REQUIRE(all_settled(node));
  }
  CHECK(reasons(node).empty());
  CHECK(node.metric("rows_already_there_total") == 2);
  CHECK(node.metric("rows_different_total") == 0);
}
