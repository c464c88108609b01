// SPDX-License-Identifier: Apache-2.0
// What is written is in the table, exactly and once, whatever else is in the batch.
#include <random>
#include <set>

#include "support.hpp"

using namespace sqlite_test;

TEST_CASE("a trade is stored in the seed's columns, exactly") {
  const Folder folder;
  Harness node(sqlite_type(), trade_options(folder.file()));
  node.begin();
  must(node.write(
      {R"({"e":"trade","s":"BTCUSDT","t":3735683259,"a":1,"p":"61837.63000000","q":"1","T":1723161255342,"m":true})"}));
  must(node.write({R"({"e":"aggTrade","s":"ETHUSDT","a":7,"p":"0.1","q":"123456789012.00000001","T":0,"m":false})"}));
  REQUIRE(all_settled(node));
  CHECK(node.settled(SLUICE_DELIVERED) == 2);
  Database look(folder.file());
  CHECK(look.values("SELECT event_time, symbol, event_type, trade_id, price, quantity, is_buyer_maker FROM trades "
                    "ORDER BY trade_id") ==
        std::vector<std::string>{"1970-01-01T00:00:00.000000Z", "ETHUSDT", "aggTrade", "7", "0.10000000",
                                 "123456789012.00000001", "0", "2024-08-08T23:54:15.342000Z", "BTCUSDT", "trade",
                                 "3735683259", "61837.63000000", "1.00000000", "1"});
  CHECK(look.values("SELECT DISTINCT typeof(event_time) || typeof(trade_id) || typeof(price) || typeof(is_buyer_maker) "
                    "FROM trades") == std::vector<std::string>{"textintegertextinteger"});
  CHECK(look.values("SELECT name FROM pragma_index_list('trades') WHERE \"unique\"") ==
        std::vector<std::string>{"trades_symbol_event_type_trade_id_event_time_key"});
  CHECK(look.values("PRAGMA journal_mode") == std::vector<std::string>{"wal"});
}

TEST_CASE("a quote is stored with its stamp") {
  const Folder folder;
  Harness node(sqlite_type(), quote_options(folder.file()));
  node.begin();
  must(node.write({quote(50093239212)}));
  REQUIRE(all_settled(node));
  Database look(folder.file());
  CHECK(look.values("SELECT ingestion_ts, update_id, best_ask_qty FROM book_ticker") ==
        std::vector<std::string>{"2024-08-08T23:54:14.087891Z", "50093239212", "1.54698000"});
}

TEST_CASE("the same batches twice are the same rows") {
  const Folder folder;
  for (int round = 0; round < 2; ++round) {
    Harness node(sqlite_type(), trade_options(folder.file()));
    node.begin();
    must(node.write(trades(0, 500)));
    must(node.write(trades(250, 750)));
    REQUIRE(all_settled(node));
    CHECK(node.settled(SLUICE_DELIVERED) == 1000);
    CHECK(node.metric("rows_inserted_total") == (round == 0 ? 750 : 0));
    CHECK(node.metric("rows_already_there_total") == (round == 0 ? 250 : 1000));
    node.finish();
  }
  CHECK(Database(folder.file()).count("trades") == 750);
}

TEST_CASE("without a conflict target everything is stored") {
  const Folder folder;
  Harness node(sqlite_type(), {{"path", folder.file()},
                               {"table", "log \"of\" all"},
                               {"columns", map({{"a \"b\"", column("s", "text")}, {"where", column("t", "bigint")}})}});
  CHECK(node.described().fact(SLUICE_FACT_IDEMPOTENT) == 0);
  node.begin();
  must(node.write({trade(1), trade(1), trade(2)}));
  REQUIRE(all_settled(node));
  CHECK(Database(folder.file()).values("SELECT count(*), sum(\"where\") FROM \"log \"\"of\"\" all\"") ==
        std::vector<std::string>{"3", "4"});
}

TEST_CASE("nulls, reals, JSON and attributes are stored") {
  const Folder folder;
  Values with{{"path", folder.file()},
              {"table", "all"},
              {"columns", map({{"n", column("n", "text", {{"nullable", true}})},
                               {"r", column("r", "double precision")},
                               {"j", column("j", "jsonb")},
                               {"empty", column("e", "text")},
                               {"at", map({{"attribute", "receive_time"}, {"as", "timestamptz"}})},
                               {"key", map({{"attribute", "symbol"}, {"as", "text"}})}})}};
  Harness node(sqlite_type(), with);
  CHECK(node.described().needs == std::vector<std::string>{"symbol"});
  node.begin();
  must(node.write(
      {Input(R"({"n":null,"r":0.5,"j":{"x":[1, 2]},"e":""})", {{"symbol", "BTCUSDT"}}, 1723161253123456789)}));
  REQUIRE(all_settled(node));
  CHECK(Database(folder.file()).values("SELECT * FROM \"all\"") ==
        std::vector<std::string>{"NULL", "0.5", R"({"x":[1, 2]})", "", "2024-08-08T23:54:13.123456Z", "BTCUSDT"});
}

TEST_CASE("narrow numbers, dates and timestamps are stored, found again, and refused beyond their range") {
  const Folder folder;
  // As the sink makes the table, and as others may have declared it.
  const std::string made = GENERATE("", "CREATE TABLE narrow (n SMALLINT UNIQUE, r FLOAT, t TIMESTAMP, d DATE);",
                                    "CREATE TABLE narrow (n, r, t, d, UNIQUE (n));");
  INFO(made);
  if (!made.empty()) Database(folder.file()).run(made);
  const Values more{{"unit", "ms"}, {"nullable", true}};
  Harness node(sqlite_type(), {{"path", folder.file()},
                               {"table", "narrow"},
                               {"create", made.empty()},
                               {"columns", map({{"n", column("n", "smallint")},
                                                {"r", column("r", "real", {{"nullable", true}})},
                                                {"t", column("t", "timestamp", more)},
                                                {"d", column("t", "date", more)}})},
                               {"conflict", list({"n"})}});
  node.begin();
  for (int round = 0; round < 2; ++round) {
    must(node.write(
        {R"({"n":-32768,"r":0.1,"t":-1})", R"({"n":32767,"r":0.5,"t":"9999-12-31T23:59:59.999999Z"})", R"({"n":0})"}));
    REQUIRE(all_settled(node));
  }
  CHECK(node.settled(SLUICE_DELIVERED) == 6);
  CHECK(node.metric("rows_already_there_total") == 3);
  must(node.write({R"({"n":32768})", R"({"n":1,"r":1e39})", R"({"n":1,"t":253402300800000})"}));
  REQUIRE(all_settled(node));
  CHECK(node.settled(SLUICE_FAILED) == 3);
  Database look(folder.file());
  CHECK(look.values("SELECT * FROM narrow ORDER BY n") ==
        std::vector<std::string>{"-32768", "0.100000001490116", "1969-12-31T23:59:59.999000", "1969-12-31", "0", "NULL",
                                 "NULL", "NULL", "32767", "0.5", "9999-12-31T23:59:59.999999", "9999-12-31"});
  CHECK(look.values("SELECT DISTINCT typeof(n) || typeof(r) || typeof(t) || typeof(d) FROM narrow WHERE n <> 0") ==
        std::vector<std::string>{"integerrealtexttext"});
}

TEST_CASE("bad rows at random are refused by name, and every good row is stored") {
  std::mt19937 random(5);
  const std::vector<std::string> bad = {"not json",
                                        "{}",
                                        R"({"e":"trade"})",
                                        trade(1, "1.123456789"),
                                        trade(1, "1e30"),
                                        trade(1, "x"),
                                        R"({"e":"trade","s":"A\u0000","t":1,"p":"1","q":"1","T":1,"m":true})",
                                        "[1]",
                                        "",
                                        "{\"s\":\"\xff\"}"};
  const Folder folder;
  Harness node(sqlite_type(), trade_options(folder.file()));
  node.begin();
  int64_t next = 0, refused = 0;
  for (int round = 0; round < 40; ++round) {
    std::vector<Input> batch;
    for (size_t i = 1 + random() % 60; i > 0; --i) {
      if (random() % 4 == 0) {
        batch.emplace_back(bad[random() % bad.size()]);
        ++refused;
      } else {
        batch.emplace_back(trade(next++));
      }
    }
    must(node.write(std::move(batch)));
    if (random() % 3 == 0) REQUIRE(all_settled(node));
  }
  REQUIRE(all_settled(node));
  CHECK(node.settled(SLUICE_DELIVERED) == static_cast<uint64_t>(next));
  CHECK(node.settled(SLUICE_FAILED) == static_cast<uint64_t>(refused));
  std::set<std::string> payloads(bad.begin(), bad.end());
  for (const Settlement& each : node.settlements()) {
    if (each.verdict != SLUICE_FAILED) continue;
    CHECK(each.category == sluice::Category::permanent);
    CHECK(payloads.count(each.record.payload) == 1);
    const bool named = each.reason.find("column ") == 0 || each.reason.find("the payload is not a JSON object") == 0;
    CHECK((each.record.payload.empty() ? each.reason.find("the payload is empty") == 0 : named));
  }
  Database look(folder.file());
  CHECK(look.count("trades") == next);
  CHECK(look.values("SELECT count(DISTINCT trade_id), min(trade_id), max(trade_id) FROM trades") ==
        std::vector<std::string>{std::to_string(next), "0", std::to_string(next - 1)});
}
