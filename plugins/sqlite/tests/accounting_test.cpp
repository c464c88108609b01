// SPDX-License-Identifier: Apache-2.0
// Row accounting: a row counts as delivered only when it is in the table, whatever triggers and constraints do.
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
