// SPDX-License-Identifier: Apache-2.0
// Tables that are made, tables that are there, and tables that do not fit: found before the first write.
#include <thread>

#include "support.hpp"

using namespace timescale_test;

namespace {

/// What open says of a table that `sql` made.
std::string complaint(const std::string& url, const std::string& sql, Values more = {}) {
  Space space(url);
  space.person().run(sql);
  Harness node(timescale_type(), trade_options(space.url(), replaced({{"create", false}}, std::move(more))));
  const auto opened = node.open();
  if (opened) {
    node.close();
    return "none";
  }
  CHECK(opened.error().category == sluice::Category::operator_needed);
  return opened.error().message;
}

const std::string fitting =
    "CREATE TABLE trades (event_time timestamptz NOT NULL, symbol text, event_type varchar(16), trade_id bigint, "
    "price numeric(20,8), quantity numeric, is_buyer_maker boolean, note text DEFAULT 'x' NOT NULL);"
    "CREATE UNIQUE INDEX ON trades (event_time, trade_id, event_type, symbol);";
const std::string hyper =
    "SELECT public.create_hypertable('trades', 'event_time', chunk_time_interval => interval '1 day');";

std::string with(std::string sql, const std::string& from, const std::string& to) {
  const size_t at = sql.find(from);
  REQUIRE(at != std::string::npos);
  return sql.replace(at, from.size(), to);
}

/// Columns, indexes and chunk length, for comparison.
std::vector<std::string> shape(Database& person, const std::string& schema) {
  std::vector<std::string> all;
  for (const std::string& sql :
       {"SELECT table_name, column_name, data_type, numeric_precision, numeric_scale, is_nullable FROM "
        "information_schema.columns WHERE table_schema = '" +
            schema + "' ORDER BY table_name, ordinal_position",
        "SELECT replace(indexdef, '" + schema + ".', '') FROM pg_indexes WHERE schemaname = '" + schema +
            "' ORDER BY 1",
        "SELECT hypertable_name, column_name, time_interval FROM timescaledb_information.dimensions WHERE "
        "hypertable_schema = '" +
            schema + "' ORDER BY 1"}) {
    for (std::string& each : person.run(sql)) all.push_back(std::move(each));
  }
  return all;
}

}  // namespace

TEST_CASE("the table that is made is the seed's, and fits a second time") {
  const std::string url = server();
  if (url.empty()) return;
  Space space(url);
  for (int round = 0; round < 2; ++round) {
    Harness node(timescale_type(), trade_options(space.url()));
    must(node.open());
    node.close();
  }
  Space other(url);
  const std::string command = "PGOPTIONS='-c search_path=" + other.name() + ",public' psql -Xq '" + url + "' -f '" +
                              SLUICE_SOURCE_DIR "/deploy/sql/schema.sql' >/dev/null 2>&1";
  REQUIRE(std::system(command.c_str()) == 0);
  other.person().run("DROP TABLE book_ticker; DROP TABLE gaps");
  const std::vector<std::string> made = shape(space.person(), space.name());
  CHECK(made == shape(other.person(), other.name()));
  CHECK(made.back() == "1 day");
}

TEST_CASE("a fitting table is taken as it is") {
  const std::string url = server();
  if (url.empty()) return;
  CHECK(complaint(url, fitting + hyper) == "none");
}

TEST_CASE("a table that does not fit is named with what to do") {
  const std::string url = server();
  if (url.empty()) return;
  const auto says = [&](const std::string& sql, const std::string& words, Values more = {}) {
    const std::string said = complaint(url, sql, std::move(more));
    INFO(said);
    CHECK(said.find(words) != std::string::npos);
  };
  says("SELECT 1", "table trades does not exist: create it, or say create: true");
  says(with(fitting, "symbol text", "symbol uuid[]") + hyper,
       "and that can be stored as text, varchar, char(n), citext, uuid, inet, cidr, macaddr, an enum, or a domain over "
       "one "
       "of these: change one of them");
  says(with(fitting, "symbol text", "symbol char(8)") + hyper, "which takes different texts for equal");
  says("CREATE VIEW trades AS SELECT 1", "trades is not a table but a view");
  says(with(fitting, "price numeric(20,8),", "") + hyper, "has no column price");
  says(with(fitting, "price numeric(20,8)", "price numeric(20,4)") + hyper, "would round to 4 digits");
  says(with(fitting, "price numeric(20,8)", "price numeric(18,8)") + hyper,
       "has room for 10 digits before the point only");
  says(with(fitting, "price numeric(20,8)", "price double precision") + hyper, "keeps values of another type");
  says(with(fitting, "trade_id bigint", "trade_id integer") + hyper, "column trade_id as integer");
  says(with(fitting, "event_time timestamptz", "event_time timestamptz(3)") + hyper, "would round microseconds");
  says(with(fitting, "trade_id bigint", "trade_id smallint") + hyper,
       "declares column trade_id as smallint, which keeps values of another type; the graph says bigint");
  says(with(fitting, "event_time timestamptz", "event_time timestamp"),
       "declares column event_time as timestamp without time zone, which keeps values of another type; the graph says "
       "timestamptz");
  says(with(fitting, "DEFAULT 'x' ", "") + hyper, "needs a value for column note");
  says(with(fitting, "price numeric(20,8)", "price numeric(20,8) GENERATED ALWAYS AS (1) STORED"),
       "computes its column price");
  says(with(fitting, "UNIQUE ", "") + hyper,
       "CREATE UNIQUE INDEX ON \"trades\" (\"symbol\", \"event_type\", \"trade_id\", \"event_time\")");
  says(fitting, "is not a hypertable");
  says(with(fitting, "CREATE TABLE", "CREATE UNLOGGED TABLE"), "is UNLOGGED");
}

TEST_CASE("a conflict target needs an index that can serve it") {
  const std::string url = server("POSTGRES_URL");
  if (url.empty()) return;
  const std::string words = "has no unique index over (symbol, event_type, trade_id, event_time)";
  CHECK(complaint(url, fitting) == "none");
  const std::string index = "ON trades (event_time, trade_id, event_type, symbol)";
  CHECK(complaint(url, with(fitting, index, index + " WHERE trade_id > 0")).find(words) != std::string::npos);
  CHECK(
      complaint(url, with(fitting, index, "ON trades (event_time, trade_id, event_type, lower(symbol))")).find(words) !=
      std::string::npos);
  CHECK(complaint(url, with(fitting, index, "ON trades (event_time, trade_id, event_type)")).find(words) !=
        std::string::npos);
  CHECK(complaint(url, with(fitting, "CREATE UNIQUE INDEX " + index,
                            "ALTER TABLE trades ADD UNIQUE (event_time, trade_id, event_type, symbol) DEFERRABLE"))
            .find(words) != std::string::npos);
  CHECK(complaint(url, "CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);" +
                           with(fitting, "symbol text", "symbol text COLLATE loose"))
            .find("whose collation takes different texts for equal") != std::string::npos);
}

TEST_CASE("missing rights are named") {
  const std::string url = server("POSTGRES_URL");
  if (url.empty()) return;
  Space space(url);
  const std::string role = unique_name("sluice_role_");
  Database& person = space.person();
  person.run(fitting + "CREATE ROLE " + role + " LOGIN PASSWORD 'x'; GRANT USAGE ON SCHEMA " + space.name() + " TO " +
             role);
  const auto opened = [&](const std::string& table, bool create) {
    Harness node(timescale_type(),
                 trade_options(space.url("user=" + role + "&password=x"), {{"table", table}, {"create", create}}));
    const auto result = node.open();
    if (result) node.close();
    return result ? std::string("none") : result.error().message;
  };
  CHECK(opened("trades", false)
            .find("may not INSERT into columns (event_time, symbol, event_type, trade_id, price, quantity, "
                  "is_buyer_maker) of table trades") != std::string::npos);
  person.run("GRANT INSERT ON trades TO " + role);
  CHECK(opened("trades", false)
            .find("may not SELECT columns (event_time, symbol, event_type, trade_id) of table trades") !=
        std::string::npos);
  person.run("GRANT SELECT ON trades TO " + role);
  CHECK(opened("trades", false) == "none");
  CHECK(opened("others", true).find("may not create it: GRANT CREATE ON SCHEMA") != std::string::npos);
  CHECK(opened("nowhere.others", true).find("schema nowhere does not exist") != std::string::npos);
  person.run("DROP OWNED BY " + role + "; DROP ROLE " + role);
}

TEST_CASE("a database that cannot be used is an operator's failure") {
  const std::string url = server("POSTGRES_URL");
  if (url.empty()) return;
  Harness node(timescale_type(), trade_options(with_parameter(url, "dbname=sluice_no_such_database")));
  const auto opened = node.open();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().category == sluice::Category::operator_needed);
  CHECK(opened.error().code == "3D000");
  CHECK(opened.error().message.find("create the database, or name another one in url") != std::string::npos);
}

TEST_CASE("a wrong password ends the start, and is never shown") {
  const std::string url = server("POSTGRES_URL");
  if (url.empty()) return;
  Space space(url);
  const std::string role = unique_name("sluice_role_");
  space.person().run("CREATE ROLE " + role + " LOGIN SUPERUSER PASSWORD 'right'");
  Harness node(timescale_type(), trade_options(space.url("user=" + role), {{"password", "geheim"}}));
  const auto opened = node.open();
  space.person().run("DROP OWNED BY " + role + "; DROP ROLE " + role);
  if (opened) {
    node.close();
    sluice_test::skip("this server asks nobody for a password");
    return;
  }
  CHECK(opened.error().category == sluice::Category::operator_needed);
  CHECK(opened.error().code == "28P01");
  CHECK(opened.error().message.find("password authentication failed for user \"" + role) != std::string::npos);
  CHECK(opened.error().message.find("geheim") == std::string::npos);
  for (const LogLine& line : node.logs()) CHECK(line.sentence.find("geheim") == std::string::npos);
}

TEST_CASE("sinks that begin together make one table") {
  const std::string url = server();
  if (url.empty()) return;
  for (int round = 0; round < 5; ++round) {
    Space space(url);
    std::vector<std::unique_ptr<Harness>> nodes;
    std::vector<std::string> said(4);
    for (size_t i = 0; i < said.size(); ++i) {
      nodes.push_back(std::make_unique<Harness>(timescale_type(), trade_options(space.url())));
    }
    std::vector<std::thread> threads;
    for (size_t i = 0; i < said.size(); ++i) {
      threads.emplace_back([&, i] {
        const auto opened = nodes[i]->open();
        said[i] = opened ? "" : opened.error().message;
      });
    }
    for (std::thread& each : threads) each.join();
    for (size_t i = 0; i < said.size(); ++i) {
      CHECK(said[i].empty());
      must(nodes[i]->start());
      must(nodes[i]->write(trades(0, 100)));
    }
    for (auto& node : nodes) REQUIRE(all_settled(*node));
    CHECK(space.person().count("trades") == 100);
  }
}
