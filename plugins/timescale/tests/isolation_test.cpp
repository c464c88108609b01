// SPDX-License-Identifier: Apache-2.0
// What fails the same way again and again, whatever the reason: the good rows beside it are stored, and what is left is
// named and waited for. Faults of the table need a person, and put nothing into the dead letter.
#include "support.hpp"

using namespace timescale_test;

namespace {

/// A table of a key and a number, and records that say where they come from.
struct Trial {
  Trial(const std::string& url, const std::string& sql, Values more = {}, bool with_conflict = true)
      : space(url), node(timescale_type(), options(std::move(more), with_conflict), setup()) {
    space.person().run(sql);
    node.begin();
  }
  Values options(Values more, bool with_conflict) const {
    Values all = replaced({{"url", space.url()},
                           {"method", method()},
                           {"table", "t"},
                           {"columns", map({{"k", column("k", "text")}, {"v", column("v", "bigint")}})},
                           {"conflict", list({"k"})}},
                          std::move(more));
    std::erase_if(all, [&](const Field& each) { return !with_conflict && each.key == "conflict"; });
    return all;
  }
  static Setup setup() {
    Setup with;
    with.attributes = std::vector<std::string>{"topic", "partition", "offset"};
    return with;
  }
  void write(int64_t first, int64_t end) {
    std::vector<Input> all;
    for (int64_t i = first; i < end; ++i) {
      const std::string k = std::to_string(i);
      all.emplace_back(R"({"k":"K)" + k + R"(","v":)" + k + "}",
                       Values{{"topic", "log"}, {"partition", 3}, {"offset", 1000 + i}});
    }
    must(node.write(std::move(all)));
  }
  bool blocked_by(const std::string& words) {
    return node.await(
        [&] {
          const auto statuses = node.statuses();
          return !statuses.empty() && statuses.back().status == SLUICE_STATUS_BLOCKED &&
                 statuses.back().sentence.find(words) != std::string::npos;
        },
        std::chrono::seconds(60));
  }
  bool stores(int64_t rows) {
    return eventually(node, [&] { return space.person().count("t") == rows; });
  }
  /// Of the one record that was refused.
  std::string refusal() const {
    const std::vector<std::string> why = reasons(node);
    REQUIRE(why.size() == 1);
    return why.front();
  }
  Space space;
  Harness node;
};

const std::string table = "CREATE TABLE t (k text PRIMARY KEY, v bigint NOT NULL);";

std::string meddle(const std::string& body, const std::string& when = "BEFORE INSERT ON t FOR EACH ROW") {
  return "CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN " + body +
         " RETURN new; END $$; CREATE TRIGGER meddle " + when + " EXECUTE FUNCTION meddle();";
}

/// A trigger writes each row to the table `other` too, which refuses one of fifty.
void check_that_other_refuses_one(Trial& trial, const std::string& sqlstate) {
  trial.write(0, 50);
  REQUIRE(all_settled(trial.node));
  CHECK(trial.node.settled(SLUICE_DELIVERED) == 49);
  CHECK(trial.space.person().count("t") == 49);
  CHECK(trial.space.person().count("other") == 49);
  const std::string why = trial.refusal();
  CHECK(why.find(sqlstate + ": ") == 0);
  CHECK(why.find("a trigger or rule of table t writes to table other, and fails for this row") != std::string::npos);
}

}  // namespace

TEST_CASE("a row that fails with a code of the user's own is left alone and named, and the others are stored") {
  const std::string url = server("POSTGRES_URL");
  if (url.empty()) return;
  // A class of nobody, one for a person, and two that pass.
  for (const std::string code : {"BR001", "42883", "XX000", "53400"}) {
    INFO(code);
    Trial trial(
        url, table + meddle("IF new.v = 7 THEN RAISE EXCEPTION 'no sevens' USING ERRCODE = '" + code + "'; END IF;"));
    trial.write(0, 50);
    CHECK(trial.stores(49));
    CHECK(trial.blocked_by("no sevens (" + code));
    CHECK(
        trial.blocked_by("this is the record with (k) = (K7) (topic log, partition 3, offset 1007), alone in its "
                         "statement, and the others of its batch are stored"));
    CHECK(trial.node.settlements().empty());
    trial.space.person().run("DROP TRIGGER meddle ON t");
    REQUIRE(all_settled(trial.node));
    CHECK(trial.node.settled(SLUICE_DELIVERED) == 50);
    CHECK(trial.space.person().count("t") == 50);
    CHECK(says(trial.node, SLUICE_STATUS_READY));
  }
}

TEST_CASE("rows that fail for different reasons are left alone, too") {
  const std::string url = server("POSTGRES_URL");
  if (url.empty()) return;
  Trial trial(url, table + meddle("IF new.v = 7 THEN RAISE EXCEPTION 'no sevens' USING ERRCODE = 'BR001'; END IF; IF "
                                  "new.v = 31 THEN RAISE EXCEPTION 'no primes' USING ERRCODE = '53400'; END IF;"));
  trial.write(0, 50);
  CHECK(trial.stores(48));
  CHECK(trial.blocked_by("alone in its statement, and the others of its batch are stored"));
  CHECK(trial.node.settlements().empty());
  trial.space.person().run("DROP TRIGGER meddle ON t");
  REQUIRE(all_settled(trial.node));
  CHECK(trial.space.person().count("t") == 50);
}

TEST_CASE("without a conflict target nothing is doubled where rows are left alone") {
  const std::string url = server("POSTGRES_URL");
  if (url.empty()) return;
  Space space(url);
  space.person().run("CREATE TABLE t (k text, v bigint);" +
                     meddle("IF new.v IN (7, 40) THEN RAISE EXCEPTION 'no' USING ERRCODE = 'BR001'; END IF;"));
  Harness node(timescale_type(), {{"url", space.url()},
                                  {"method", method()},
                                  {"table", "t"},
                                  {"columns", map({{"k", column("k", "text")}, {"v", column("v", "bigint")}})}});
  node.begin();
  std::vector<Input> all;
  for (int64_t i = 0; i < 50; ++i) all.emplace_back(R"({"k":"x","v":)" + std::to_string(i) + "}");
  must(node.write(std::move(all)));
  CHECK(eventually(node, [&] { return space.person().count("t") == 48; }));
  CHECK(node.settlements().empty());
  space.person().run("DROP TRIGGER meddle ON t");
  REQUIRE(all_settled(node));
  CHECK(space.person().value("SELECT count(DISTINCT v) FROM t") == "50");
  CHECK(space.person().count("t") == 50);
}

TEST_CASE("a row that takes longer than a statement may is left alone and named") {
  const std::string url = server("POSTGRES_URL");
  if (url.empty()) return;
  Trial trial(url, table + meddle("IF new.v = 7 THEN PERFORM pg_sleep(20); END IF;"), {{"statement_timeout", "300ms"}});
  trial.write(0, 20);
  CHECK(trial.stores(19));
  CHECK(trial.blocked_by("this is the record with (k) = (K7) (topic log, partition 3, offset 1007)"));
  CHECK(trial.node.settlements().empty());
  trial.space.person().run("ALTER TABLE t DISABLE TRIGGER meddle");
  REQUIRE(all_settled(trial.node));
  CHECK(trial.node.settled(SLUICE_DELIVERED) == 20);
}

TEST_CASE("a statement that is too large for the server is sent in halves, and the next one in time") {
  const std::string url = server("POSTGRES_URL");
  if (url.empty()) return;
  Trial trial(url, table +
                       "CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF (SELECT count(*) FROM "
                       "fresh) > 300 THEN RAISE EXCEPTION 'out of shared memory' USING ERRCODE = '53200'; END IF; "
                       "RETURN NULL; END $$; CREATE TRIGGER meddle AFTER INSERT ON t REFERENCING NEW TABLE AS fresh "
                       "FOR EACH STATEMENT EXECUTE FUNCTION meddle();");
  trial.write(0, 1000);
  REQUIRE(all_settled(trial.node));
  const int64_t retries = trial.node.metric("retries_total");
  CHECK(retries == 1);
  trial.write(1000, 2000);
  REQUIRE(all_settled(trial.node));
  CHECK(trial.node.metric("retries_total") == retries);
  CHECK(trial.node.settled(SLUICE_DELIVERED) == 2000);
  CHECK(trial.space.person().count("t") == 2000);
}

TEST_CASE("many rows that fail alone do not keep the good ones out") {
  const std::string url = server("POSTGRES_URL");
  if (url.empty()) return;
  Trial trial(url, table + meddle("IF new.v % 3 = 0 THEN RAISE EXCEPTION 'no' USING ERRCODE = 'BR001'; END IF;"));
  trial.write(0, 300);
  CHECK(trial.stores(200));
  CHECK(trial.node.settlements().empty());
  trial.space.person().run("DROP TRIGGER meddle ON t");
  REQUIRE(all_settled(trial.node));
  CHECK(trial.space.person().count("t") == 300);
}

TEST_CASE("a partition that nobody made needs a person, and no good row goes to the dead letter") {
  const std::string url = server("POSTGRES_URL");
  if (url.empty()) return;
  Trial trial(url,
              "CREATE TABLE t (k text NOT NULL, v bigint NOT NULL, PRIMARY KEY (k, v)) PARTITION BY RANGE (v);"
              "CREATE TABLE t0 PARTITION OF t FOR VALUES FROM (0) TO (100)",
              {{"conflict", list({"k", "v"})}});
  trial.write(0, 200);
  CHECK(trial.stores(100));
  CHECK(trial.blocked_by("(23514"));
  CHECK(trial.blocked_by("create the partition, or one that is the default"));
  CHECK(trial.blocked_by("(k, v) = (K100, 100) (topic log, partition 3, offset 1100)"));
  CHECK(trial.node.settlements().empty());
  trial.space.person().run("CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (100) TO (200)");
  REQUIRE(all_settled(trial.node));
  CHECK(trial.node.settled(SLUICE_DELIVERED) == 200);
}

TEST_CASE("what was found at the table is logged once, however often a sink that needs a person looks at it") {
  const std::string url = server("POSTGRES_URL");
  if (url.empty()) return;
  Trial trial(
      url,
      "CREATE TABLE t (k text NOT NULL, v bigint NOT NULL, PRIMARY KEY (k, v)) PARTITION BY RANGE (v);" + meddle(""),
      {{"conflict", list({"k", "v"})}});
  trial.write(0, 5);
  REQUIRE(trial.blocked_by("create the partition"));
  REQUIRE(trial.node.await([&] { return trial.node.metric("reconnects_total") >= 2; }, std::chrono::seconds(60)));
  const auto logs = trial.node.logs();
  const auto said = [&](const std::string& words) {
    return std::count_if(logs.begin(), logs.end(),
                         [&](const LogLine& each) { return each.sentence.find(words) != std::string::npos; });
  };
  CHECK(said("has the trigger meddle") == 1);
  CHECK(said("connected again") == 0);
  trial.space.person().run("CREATE TABLE others PARTITION OF t DEFAULT");
  REQUIRE(all_settled(trial.node));
}

TEST_CASE("good rows do not wait behind many for which there is no partition") {
  const std::string url = server("POSTGRES_URL");
  if (url.empty()) return;
  Trial trial(url,
              "CREATE TABLE t (k text NOT NULL, v bigint NOT NULL, PRIMARY KEY (k, v)) PARTITION BY RANGE (v);"
              "CREATE TABLE t0 PARTITION OF t FOR VALUES FROM (0) TO (100);"
              "CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (400) TO (500)",
              {{"conflict", list({"k", "v"})}});
  trial.write(0, 500);
  CHECK(trial.stores(200));
  CHECK(trial.node.settlements().empty());
  trial.space.person().run("CREATE TABLE others PARTITION OF t DEFAULT");
  REQUIRE(all_settled(trial.node));
  CHECK(trial.space.person().count("t") == 500);
}

TEST_CASE("a column that only the table has, and that is suddenly needed, needs a person") {
  const std::string url = server("POSTGRES_URL");
  if (url.empty()) return;
  Trial trial(url, table);
  trial.write(0, 10);
  REQUIRE(all_settled(trial.node));
  trial.space.person().run("ALTER TABLE t ADD COLUMN w text NOT NULL DEFAULT 'x'; ALTER TABLE t ALTER w DROP DEFAULT");
  trial.write(10, 20);
  CHECK(trial.blocked_by("needs a value for column w (NOT NULL, no default)"));
  CHECK(trial.node.settled(SLUICE_FAILED) == 0);
  trial.space.person().run("ALTER TABLE t ALTER w SET DEFAULT 'y'");
  REQUIRE(all_settled(trial.node));
  CHECK(trial.node.settled(SLUICE_DELIVERED) == 20);
  CHECK(trial.space.person().count("t") == 20);
}

TEST_CASE("a column that is suddenly needed needs a person in a partition and in a chunk, too") {
  for (const std::string variable : {"TIMESCALE_URL", "POSTGRES_URL"}) {
    const std::string url = server(variable.c_str());
    if (url.empty()) return;
    // With a chunk that is there, and with one that the failing statement makes.
    for (const int64_t next : {10, 2'000'000'000}) {
      INFO(variable << ' ' << next);
      Space space(url);
      Values options = replaced(trade_options(space.url()), {{"create", false}});
      std::erase_if(options, [](const Field& each) { return each.key == "hypertable"; });
      if (variable == "TIMESCALE_URL") {
        Harness(timescale_type(), trade_options(space.url())).begin();
      } else {
        space.person().run(
            "CREATE TABLE trades (event_time timestamptz NOT NULL, symbol text NOT NULL, event_type text NOT NULL, "
            "trade_id bigint NOT NULL, price numeric(20,8) NOT NULL, quantity numeric(20,8) NOT NULL, is_buyer_maker "
            "boolean NOT NULL, UNIQUE (symbol, event_type, trade_id, event_time)) PARTITION BY RANGE (event_time); "
            "CREATE TABLE of_others PARTITION OF trades DEFAULT");
      }
      Harness node(timescale_type(), options);
      node.begin();
      must(node.write(trades(0, 10)));
      REQUIRE(all_settled(node));
      // A check that the next connection makes does not see it.
      space.person().run("ALTER TABLE trades ADD COLUMN w text DEFAULT 'x'; ALTER TABLE trades ALTER w SET NOT NULL");
      space.person().run(
          "CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN new.w := NULL; RETURN new; END $$; "
          "CREATE TRIGGER meddle BEFORE INSERT ON trades FOR EACH ROW EXECUTE FUNCTION meddle()");
      must(node.write(trades(next, next + 10)));
      REQUIRE(says(node, SLUICE_STATUS_BLOCKED));
      CHECK(node.statuses().back().sentence.find("give the column a default, or add it to columns") !=
            std::string::npos);
      CHECK(node.settled(SLUICE_FAILED) == 0);
      space.person().run("DROP TRIGGER meddle ON trades");
      REQUIRE(all_settled(node));
      CHECK(node.settled(SLUICE_DELIVERED) == 20);
      CHECK(space.person().count("trades") == 20);
    }
  }
}

TEST_CASE("a row for which a trigger cannot write to another table is refused alone") {
  for (const char* variable : {"TIMESCALE_URL", "POSTGRES_URL"}) {
    const std::string url = server(variable);
    if (url.empty()) return;
    // A column that only the other table has, and one that both have.
    for (const std::string column_name : {"note", "v"}) {
      for (const bool with_conflict : {true, false}) {
        INFO(variable << ' ' << column_name << ' ' << with_conflict);
        Values options{
            {"columns", map({{"k", column("k", "text")}, {"v", column("v", "bigint", {{"nullable", true}})}})}};
        Trial trial(url,
                    "CREATE TABLE t (k text PRIMARY KEY, v bigint); CREATE TABLE other (k text, " + column_name +
                        " text NOT NULL);" +
                        meddle("INSERT INTO other VALUES (new.k, CASE WHEN new.v <> 7 THEN 'x' END);",
                               "AFTER INSERT ON t FOR EACH ROW"),
                    std::move(options), with_conflict);
        check_that_other_refuses_one(trial, "23502");
      }
    }
  }
}

TEST_CASE("a key that another table has already does not count as there") {
  for (const char* variable : {"TIMESCALE_URL", "POSTGRES_URL"}) {
    const std::string url = server(variable);
    if (url.empty()) return;
    INFO(variable);
    // Dropped when it is sent first, so that it is sent once more, on its own.
    Trial trial(url, table +
                         "CREATE TABLE other (k text PRIMARY KEY); INSERT INTO other VALUES ('K7'); "
                         "CREATE SEQUENCE sent;" +
                         meddle("IF new.v = 7 AND nextval('sent') = 1 THEN RETURN NULL; END IF;") +
                         "CREATE FUNCTION copy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO other VALUES "
                         "(new.k); RETURN new; END $$; CREATE TRIGGER copy AFTER INSERT ON t FOR EACH ROW EXECUTE "
                         "FUNCTION copy();");
    trial.write(7, 8);
    REQUIRE(all_settled(trial.node));
    CHECK(trial.refusal().find("23505: ") == 0);
    CHECK(trial.node.metric("rows_already_there_total") == 0);
    CHECK(trial.space.person().count("t") == 0);
  }
}

TEST_CASE("a partition that another table lacks is no fault of this one") {
  const std::string url = server("POSTGRES_URL");
  if (url.empty()) return;
  for (const bool with_conflict : {true, false}) {
    INFO(with_conflict);
    Trial trial(url,
                table +
                    "CREATE TABLE other (k text, v bigint) PARTITION BY RANGE (v);"
                    "CREATE TABLE other0 PARTITION OF other FOR VALUES FROM (0) TO (7);"
                    "CREATE TABLE other1 PARTITION OF other FOR VALUES FROM (8) TO (500);" +
                    meddle("INSERT INTO other VALUES (new.k, new.v);", "AFTER INSERT ON t FOR EACH ROW"),
                {}, with_conflict);
    check_that_other_refuses_one(trial, "23514");
  }
}

TEST_CASE("a partition of a partition that nobody made needs a person, too") {
  const std::string url = server("POSTGRES_URL");
  if (url.empty()) return;
  Trial trial(url,
              "CREATE TABLE t (k text NOT NULL, v bigint NOT NULL, PRIMARY KEY (k, v)) PARTITION BY RANGE (v);"
              "CREATE TABLE t0 PARTITION OF t FOR VALUES FROM (0) TO (100) PARTITION BY RANGE (v);"
              "CREATE TABLE t00 PARTITION OF t0 FOR VALUES FROM (0) TO (10)",
              {{"conflict", list({"k", "v"})}});
  trial.write(0, 20);
  CHECK(trial.stores(10));
  CHECK(trial.blocked_by("create the partition, or one that is the default"));
  CHECK(trial.node.settled(SLUICE_FAILED) == 0);
  trial.space.person().run("CREATE TABLE t01 PARTITION OF t0 FOR VALUES FROM (10) TO (20)");
  REQUIRE(all_settled(trial.node));
  CHECK(trial.node.settled(SLUICE_DELIVERED) == 20);
}

TEST_CASE("another unique index of the table refuses a row that is sent again, by its name") {
  for (const char* variable : {"TIMESCALE_URL", "POSTGRES_URL"}) {
    const std::string url = server(variable);
    if (url.empty()) return;
    INFO(variable);
    // Dropped when it is sent first, so that it is sent once more, on its own.
    Trial trial(url,
                table + "CREATE UNIQUE INDEX one_v ON t (v); INSERT INTO t VALUES ('other', 7); CREATE SEQUENCE sent;" +
                    meddle("IF new.v = 7 AND nextval('sent') = 1 THEN RETURN NULL; END IF;"));
    trial.write(7, 9);
    REQUIRE(all_settled(trial.node));
    CHECK(trial.node.settled(SLUICE_DELIVERED) == 1);
    const std::string why = trial.refusal();
    CHECK(why.find("23505: ") == 0);
    CHECK(why.find("constraint one_v") != std::string::npos);
    CHECK(trial.node.metric("rows_already_there_total") == 0);
    CHECK(trial.space.person().count("t") == 2);
  }
}

TEST_CASE("a row under another key counts as there, whichever of the table's indexes the server looks at first") {
  for (const char* variable : {"TIMESCALE_URL", "POSTGRES_URL"}) {
    const std::string url = server(variable);
    if (url.empty()) return;
    INFO(variable);
    Trial trial(url,
                "CREATE TABLE t (k text NOT NULL, v bigint NOT NULL); CREATE UNIQUE INDEX ON t (v);"
                "CREATE UNIQUE INDEX ON t (k);" +
                    meddle("new.k := lower(new.k);"));
    trial.write(0, 20);
    trial.write(0, 20);
    REQUIRE(all_settled(trial.node));
    CHECK(trial.node.settled(SLUICE_DELIVERED) == 40);
    CHECK(trial.node.metric("rows_already_there_total") == 20);
    CHECK(trial.space.person().count("t") == 20);
  }
}

TEST_CASE("a sequence that is used up needs a person") {
  const std::string url = server("POSTGRES_URL");
  if (url.empty()) return;
  Trial trial(url,
              "CREATE TABLE t (k text PRIMARY KEY, v bigint NOT NULL, id serial);"
              "ALTER SEQUENCE t_id_seq MAXVALUE 5");
  trial.write(0, 10);
  CHECK(trial.blocked_by("(2200H)"));
  CHECK(trial.node.settlements().empty());
  trial.space.person().run("ALTER SEQUENCE t_id_seq MAXVALUE 500");
  REQUIRE(all_settled(trial.node));
  CHECK(trial.node.settled(SLUICE_DELIVERED) == 10);
}

TEST_CASE("an index that is dropped under the sink is noticed before a row is doubled") {
  const std::string url = server("POSTGRES_URL");
  if (url.empty()) return;
  Trial trial(url, table);
  trial.write(0, 10);
  REQUIRE(all_settled(trial.node));
  trial.space.person().run("ALTER TABLE t DROP CONSTRAINT t_pkey");
  trial.write(5, 15);
  CHECK(trial.blocked_by("has no unique index over (k), which conflict needs"));
  CHECK(trial.node.settled(SLUICE_DELIVERED) == 10);
  CHECK(trial.space.person().count("t") == 10);
  trial.space.person().run("CREATE UNIQUE INDEX ON t (k)");
  REQUIRE(all_settled(trial.node));
  CHECK(trial.node.settled(SLUICE_DELIVERED) == 20);
  CHECK(trial.space.person().count("t") == 15);
}

TEST_CASE("a row that a trigger stores under another key counts as there, however often it comes") {
  const std::string url = server();
  if (url.empty()) return;
  for (const std::string body :
       {"new.k := lower(new.k);", "new.k := left(new.k, 2);", "new.k := 'x ' || new.k;",
        "IF new.v % 50 = 0 THEN new.k := 'all the same'; END IF;", "IF new.v = 7 THEN new.k := 'seven'; END IF;"}) {
    INFO(body);
    Trial trial(url, table + meddle(body));
    for (int round = 0; round < 3; ++round) {
      trial.write(0, 250);
      REQUIRE(all_settled(trial.node));
    }
    CHECK(reasons(trial.node).empty());
    CHECK(trial.node.settled(SLUICE_DELIVERED) == 750);
    CHECK(trial.node.metric("rows_inserted_total") == trial.space.person().count("t"));
    CHECK(trial.node.metric("rows_already_there_total") == 750 - trial.space.person().count("t"));
  }
}

TEST_CASE("a trigger that changes keys and drops rows: what it drops is refused, and nothing else") {
  const std::string url = server();
  if (url.empty()) return;
  Trial trial(url, table + meddle("IF new.v % 10 = 3 THEN RETURN NULL; END IF; new.k := lower(new.k);"));
  for (int round = 0; round < 2; ++round) {
    trial.write(0, 100);
    REQUIRE(all_settled(trial.node));
  }
  CHECK(trial.node.settled(SLUICE_DELIVERED) == 180);
  const auto why = reasons(trial.node);
  REQUIRE(why.size() == 20);
  for (const std::string& each : why) CHECK(each.find("row_dropped: ") == 0);
  CHECK(trial.space.person().count("t") == 90);
}
