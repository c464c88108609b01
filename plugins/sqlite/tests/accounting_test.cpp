// SPDX-License-Identifier: Apache-2.0
// Row accounting: a row counts as delivered only when it is in the table, whatever triggers and constraints do.
#include <random>

#include "support.hpp"

using namespace sqlite_test;

namespace {

/// Runs one batch of ten trades, 0 to 9, against a table that `sql` has prepared.
struct Trial {
  explicit Trial(const std::string& sql) : node(sqlite_type(), trade_options(folder.file())) {
    must(node.open());
    Database(folder.file()).run(sql);
    must(node.start());
    must(node.write(trades(0, 5)));
    must(node.write(trades(5, 10)));
    settled = all_settled(node);
    delivered = node.settled(SLUICE_DELIVERED);
    for (const Settlement& each : node.settlements()) {
      if (each.verdict == SLUICE_FAILED) reasons.push_back(each.reason);
    }
    node.finish();
    stored = Database(folder.file()).count("trades");
  }
  Folder folder;
  Harness node;
  bool settled = false;
  uint64_t delivered = 0;
  int64_t stored = 0;
  std::vector<std::string> reasons;
};

std::string trigger(const std::string& when, const std::string& what) {
  return "CREATE TRIGGER t " + when + " INSERT ON trades WHEN new.trade_id IN (3, 7) BEGIN " + what + "; END";
}

}  // namespace

TEST_CASE("a trigger that drops rows in silence is found out") {
  const Trial trial(trigger("BEFORE", "SELECT raise(IGNORE)"));
  CHECK(trial.settled);
  CHECK(trial.delivered == 8);
  CHECK(trial.stored == 8);
  REQUIRE(trial.reasons.size() == 2);
  CHECK(trial.reasons[0].find("a trigger drops it") != std::string::npos);
}

TEST_CASE("a row that a trigger refuses is refused alone") {
  for (const char* how : {"ABORT", "FAIL", "ROLLBACK"}) {
    for (const char* when : {"BEFORE", "AFTER"}) {
      INFO(how << " " << when);
      const Trial trial(trigger(when, std::string("SELECT raise(") + how + ", 'no sevens')"));
      CHECK(trial.settled);
      CHECK(trial.delivered == 8);
      CHECK(trial.stored == 8);
      REQUIRE(trial.reasons.size() == 2);
      CHECK(trial.reasons[0].find("no sevens") != std::string::npos);
    }
  }
}

TEST_CASE("another unique index refuses the row, not the batch") {
  const Trial trial("CREATE UNIQUE INDEX one_price ON trades (price)");
  CHECK(trial.settled);
  CHECK(trial.delivered == 1);
  CHECK(trial.stored == 1);
  CHECK(trial.reasons.size() == 9);
}

TEST_CASE("a row that is there already counts as there, also when a trigger would drop it") {
  const Folder folder;
  Harness node(sqlite_type(), trade_options(folder.file()));
  node.begin();
  must(node.write(trades(0, 10)));
  REQUIRE(all_settled(node));
  Database(folder.file()).run(trigger("BEFORE", "SELECT raise(IGNORE)"));
  must(node.write(trades(0, 10)));
  REQUIRE(all_settled(node));
  CHECK(node.settled(SLUICE_DELIVERED) == 20);
  CHECK(node.settled(SLUICE_FAILED) == 0);
}

namespace {

/// A sink whose table `sql` changes while it runs, and what it says then.
struct Running {
  Running() : node(sqlite_type(), trade_options(folder.file())) {
    node.begin();
    must(node.write(trades(0, 10)));
    REQUIRE(all_settled(node));
  }
  void run(const std::string& sql) { Database(folder.file()).run(sql); }
  int64_t count() { return Database(folder.file()).count("trades"); }
  bool blocked_by(const std::string& words) {
    return node.await([&] {
      const auto statuses = node.statuses();
      return !statuses.empty() && statuses.back().status == SLUICE_STATUS_BLOCKED &&
             statuses.back().sentence.find(words) != std::string::npos;
    });
  }
  void expect(uint64_t delivered, int64_t stored) {
    REQUIRE(all_settled(node));
    CHECK(node.settled(SLUICE_FAILED) == 0);
    CHECK(node.settled(SLUICE_DELIVERED) == delivered);
    CHECK(count() == stored);
  }
  Folder folder;
  Harness node;
};

}  // namespace

TEST_CASE("a row that a trigger stores under another key counts as there when it comes again") {
  Running sink;
  sink.run(
      "CREATE TRIGGER t AFTER INSERT ON trades BEGIN UPDATE trades SET symbol = lower(symbol) WHERE rowid = "
      "new.rowid; END");
  for (int round = 0; round < 2; ++round) must(sink.node.write(trades(10, 20)));
  sink.expect(30, 20);
  CHECK(sink.node.metric("rows_inserted_total") == 20);
  CHECK(sink.node.metric("rows_already_there_total") == 10);
}

TEST_CASE("a key that is there with other values is counted and named, and what is there stays") {
  Running sink;
  must(sink.node.write({trade(3, "1.00000000"), trade(4), trade(5, "2.00000000"), trade(40), trade(40, "3.00000000")}));
  sink.expect(15, 11);
  CHECK(sink.node.metric("rows_already_there_total") == 4);
  CHECK(sink.node.metric("rows_different_total") == 3);
  CHECK(Database(sink.folder.file()).values("SELECT DISTINCT price FROM trades") ==
        std::vector<std::string>{"61837.63000000"});
  std::vector<std::string> warnings;
  for (const LogLine& line : sink.node.logs()) {
    if (line.level == SLUICE_LOG_WARN) warnings.push_back(line.sentence);
  }
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0] ==
        "the record with (symbol, event_type, trade_id, event_time) = (BTCUSDT, trade, 3, "
        "2024-08-08T23:54:15.345000Z) has other values than the row with this key in table trades; the table keeps its "
        "row (and 2 more like it)");
}

TEST_CASE("a row that fails for a reason that may be its own is left alone and named, and the others are stored") {
  Running sink;
  sink.run(
      "CREATE TRIGGER t AFTER INSERT ON trades WHEN new.trade_id IN (13, 17) BEGIN SELECT json_extract('{', '$'); END");
  must(sink.node.write(trades(10, 20)));
  CHECK(sink.blocked_by("malformed JSON"));
  CHECK(sink.blocked_by("this is the record with (symbol, event_type, trade_id, event_time) = (BTCUSDT, trade, 13, "));
  CHECK(sink.count() == 18);
  CHECK(sink.node.settled(SLUICE_DELIVERED) == 18);
  CHECK(sink.node.owned_batches() == 1);
  sink.run("DROP TRIGGER t");
  sink.expect(20, 20);
  CHECK(sink.node.metric("rows_inserted_total") == 20);
}

TEST_CASE("good rows go on while others are held, each is stored once, and the held ones follow") {
  Running sink;
  // Every seventh is held, and every eleventh refused.
  sink.run(
      "CREATE TRIGGER held AFTER INSERT ON trades WHEN new.trade_id % 7 = 0 AND new.trade_id % 11 <> 0 BEGIN SELECT "
      "json_extract('{', '$'); END; "
      "CREATE TRIGGER refused AFTER INSERT ON trades WHEN new.trade_id % 11 = 0 BEGIN SELECT RAISE(ABORT, 'no'); END");
  std::mt19937 random(20261128);
  int64_t id = 10;
  uint64_t good = 10, held = 0, refused = 0;
  for (int round = 0; round < 40; ++round) {
    const auto size = static_cast<int64_t>(1 + random() % 60);
    for (int64_t each = id; each < id + size; ++each) {
      ++(each % 7 == 0 && each % 11 != 0 ? held : each % 11 == 0 ? refused : good);
    }
    must(sink.node.write(trades(id, id + size)));
    id += size;
  }
  CHECK(sink.node.await([&] { return sink.node.settled(SLUICE_DELIVERED) == good; }, std::chrono::seconds(60)));
  CHECK(sink.node.await([&] { return sink.node.settled(SLUICE_FAILED) == refused; }, std::chrono::seconds(60)));
  CHECK(static_cast<uint64_t>(sink.count()) == good);
  CHECK(sink.blocked_by("malformed JSON"));
  // What is held does not set the pace: most batches settle with no attempt at it between.
  const int64_t seen = sink.node.metric("retries_total");
  REQUIRE(eventually(sink.node, [&] { return sink.node.metric("retries_total") >= seen + 4; }));
  const int64_t before = sink.node.metric("retries_total");
  constexpr int batches = 30;
  for (int i = 0; i < batches; ++i, ++good) {
    must(sink.node.write(trades(100'003 + 77 * i, 100'004 + 77 * i)));
    REQUIRE(sink.node.await([&] { return sink.node.settled(SLUICE_DELIVERED) == good + 1; }));
  }
  CHECK(sink.node.metric("retries_total") - before < batches);
  sink.run("DROP TRIGGER held");
  REQUIRE(all_settled(sink.node));
  CHECK(sink.node.settled(SLUICE_DELIVERED) == good + held);
  CHECK(sink.node.settled(SLUICE_FAILED) == refused);
  CHECK(static_cast<uint64_t>(sink.count()) == good + held);
  CHECK(sink.node.metric("rows_inserted_total") == sink.count());
}

TEST_CASE("an index that is dropped under the sink is noticed before a row is doubled") {
  Running sink;
  sink.run("DROP INDEX trades_symbol_event_type_trade_id_event_time_key");
  must(sink.node.write(trades(5, 15)));
  CHECK(sink.blocked_by("has no unique index over (symbol, event_type, trade_id, event_time)"));
  CHECK(sink.count() == 10);
  sink.run("CREATE UNIQUE INDEX again ON trades (symbol, event_type, trade_id, event_time)");
  sink.expect(20, 15);
}

TEST_CASE("a column that only the table has, and that is suddenly needed, is not the rows' fault") {
  Running sink;
  sink.run(
      "CREATE TRIGGER t AFTER INSERT ON trades BEGIN SELECT 1; END; ALTER TABLE trades RENAME TO old; "
      "CREATE TABLE trades AS SELECT * FROM old; DROP TABLE old; ALTER TABLE trades ADD COLUMN w TEXT; "
      "CREATE UNIQUE INDEX again ON trades (symbol, event_type, trade_id, event_time); "
      "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = replace(sql, 'w TEXT', 'w TEXT NOT NULL') WHERE "
      "name = 'trades'; PRAGMA writable_schema = RESET");
  must(sink.node.write(trades(10, 20)));
  CHECK(sink.blocked_by("column w"));
  sink.run("ALTER TABLE trades DROP COLUMN w");
  sink.expect(20, 20);
}
