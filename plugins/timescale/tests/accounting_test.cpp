// SPDX-License-Identifier: Apache-2.0
// Row accounting: a row counts as delivered only when it is in the table, whatever triggers and constraints do, and bad
// rows never damage good ones.
#include <cmath>
#include <set>

#include "support.hpp"

using namespace timescale_test;

namespace {

std::string trigger(const std::string& condition, const std::string& what) {
  return "CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF " + condition + " THEN " + what +
         "; END IF; RETURN new; END $$; "
         "CREATE TRIGGER meddle BEFORE INSERT ON trades FOR EACH ROW EXECUTE FUNCTION meddle()";
}

/// Two batches of trades, 0 to 9, against a table that `sql` has prepared.
struct Trial {
  Trial(const std::string& url, const std::string& sql, bool with_conflict = true) : space(url) {
    Values options = trade_options(space.url());
    if (!with_conflict) std::erase_if(options, [](const Field& each) { return each.key == "conflict"; });
    Harness node(timescale_type(), options);
    must(node.open());
    space.person().run(sql);
    must(node.start());
    must(node.write(trades(0, 5)));
    must(node.write(trades(5, 10)));
    settled = all_settled(node);
    delivered = node.settled(SLUICE_DELIVERED);
    why = reasons(node);
    node.finish();
    stored = space.person().count("trades");
  }
  Space space;
  bool settled = false;
  uint64_t delivered = 0;
  int64_t stored = 0;
  std::vector<std::string> why;
};

}  // namespace

TEST_CASE("a trigger that drops rows in silence is found out") {
  const std::string url = server();
  if (url.empty()) return;
  for (const bool with_conflict : {true, false}) {
    INFO(with_conflict);
    const Trial trial(url, trigger("new.trade_id IN (3, 7)", "RETURN NULL"), with_conflict);
    CHECK(trial.settled);
    CHECK(trial.delivered == 8);
    CHECK(trial.stored == 8);
    REQUIRE(trial.why.size() == 2);
    CHECK(trial.why[0].find("row_dropped: table trades did not store this row") == 0);
  }
}

TEST_CASE("a trigger that drops all rows is found out") {
  const std::string url = server();
  if (url.empty()) return;
  const Trial trial(url, trigger("true", "RETURN NULL"));
  CHECK(trial.delivered == 0);
  CHECK(trial.stored == 0);
  CHECK(trial.why.size() == 10);
}

TEST_CASE("a row that a trigger refuses is refused alone") {
  const std::string url = server();
  if (url.empty()) return;
  for (const bool with_conflict : {true, false}) {
    INFO(with_conflict);
    const Trial trial(url, trigger("new.trade_id IN (3, 7)", "RAISE EXCEPTION 'no sevens'"), with_conflict);
    CHECK(trial.delivered == 8);
    CHECK(trial.stored == 8);
    REQUIRE(trial.why.size() == 2);
    CHECK(trial.why[0].find("P0001: cannot write to table trades: no sevens (P0001") == 0);
  }
}

TEST_CASE("another unique index refuses the row, by its name, and not the batch") {
  const std::string url = server("POSTGRES_URL");
  if (url.empty()) return;
  const Trial trial(url, "CREATE UNIQUE INDEX one_price ON trades (price)");
  CHECK(trial.delivered == 1);
  CHECK(trial.stored == 1);
  REQUIRE(trial.why.size() == 9);
  CHECK(trial.why[0].find("23505: ") == 0);
  CHECK(trial.why[0].find("constraint one_price") != std::string::npos);
}

TEST_CASE("a row that is there already counts as there, also when a trigger would drop it") {
  const std::string url = server();
  if (url.empty()) return;
  Space space(url);
  Harness node(timescale_type(), trade_options(space.url()));
  node.begin();
  must(node.write(trades(0, 10)));
  REQUIRE(all_settled(node));
  space.person().run(trigger("true", "RETURN NULL"));
  must(node.write(trades(0, 10)));
  REQUIRE(all_settled(node));
  CHECK(node.settled(SLUICE_DELIVERED) == 20);
  CHECK(node.settled(SLUICE_FAILED) == 0);
}

TEST_CASE("a key that is there with other values is counted and named, and what is there stays") {
  const std::string url = server();
  if (url.empty()) return;
  for (const char* const method : {"insert", "copy"}) {
    INFO(method);
    Space space(url);
    Harness node(timescale_type(), trade_options(space.url(), {{"method", method}}));
    node.begin();
    must(node.write(trades(0, 10)));
    REQUIRE(all_settled(node));
    must(node.write({trade(3, "1.00000000"), trade(4), trade(5, "2.00000000"), trade(40), trade(40, "3.00000000")}));
    REQUIRE(all_settled(node));
    CHECK(node.settled(SLUICE_DELIVERED) == 15);
    CHECK(space.person().count("trades") == 11);
    CHECK(node.metric("rows_already_there_total") == 4);
    CHECK(node.metric("rows_different_total") == 3);
    size_t warnings = 0;
    for (const LogLine& line : node.logs()) {
      warnings += line.sentence.find(
                      "the record with (symbol, event_type, trade_id, event_time) = (BTCUSDT, trade, 3, "
                      "2024-08-08T23:54:15.345000Z) has other values than the row with this key in table ") !=
                  line.sentence.npos;
    }
    CHECK(warnings == 1);
  }
}

TEST_CASE("a column that may not be read is not compared") {
  const std::string url = server("POSTGRES_URL");
  if (url.empty()) return;
  Space space(url);
  const std::string role = unique_name("sluice_role_");
  Database& person = space.person();
  Harness owner(timescale_type(), trade_options(space.url()));
  owner.begin();
  must(owner.write(trades(0, 10)));
  REQUIRE(all_settled(owner));
  person.run("CREATE ROLE " + role + " LOGIN PASSWORD 'x'; GRANT USAGE ON SCHEMA " + space.name() + " TO " + role +
             "; GRANT INSERT ON trades TO " + role +
             "; GRANT SELECT (symbol, event_type, trade_id, event_time, quantity) ON trades TO " + role);
  Harness node(timescale_type(), trade_options(space.url("user=" + role + "&password=x"), {{"create", false}}));
  node.begin();
  must(node.write({trade(3, "1.00000000"), trade(4)}));
  REQUIRE(all_settled(node));
  CHECK(node.settled(SLUICE_DELIVERED) == 2);
  CHECK(node.metric("rows_already_there_total") == 2);
  CHECK(node.metric("rows_different_total") == 0);
  node.finish();
  person.run("DROP OWNED BY " + role + "; DROP ROLE " + role);
}

TEST_CASE("bad rows at random are refused one by one, in few statements, and every good row is stored") {
  const std::string url = server();
  if (url.empty()) return;
  Space space(url);
  Harness node(timescale_type(), trade_options(space.url()));
  must(node.open());
  // 1 is refused, 2 is dropped in silence; the symbol tells the trigger which.
  space.person().run(trigger("new.symbol = 'RAISE'", "RAISE EXCEPTION 'refused'") + "; " +
                     "ALTER TABLE trades ADD CONSTRAINT positive CHECK (price > 0)");
  must(node.start());
  std::mt19937 random(20261122);
  int64_t id = 0;
  uint64_t good = 0, bad = 0;
  for (int round = 0; round < 25; ++round) {
    const size_t size = 1 + random() % 512;
    std::set<size_t> chosen;
    for (size_t k = random() % 9; k > 0; --k) chosen.insert(random() % size);
    std::vector<Input> inputs;
    for (size_t i = 0; i < size; ++i, ++id) {
      if (!chosen.contains(i)) {
        inputs.emplace_back(trade(id));
      } else {
        switch (random() % 4) {
          case 0:
            inputs.emplace_back(trade(id, "1", "RAISE"));
            break;
          case 1:
            inputs.emplace_back(trade(id, "-1"));
            break;
          case 2:
            inputs.emplace_back(trade(id, "1", "N\\u0000L"));
            break;
          default:
            inputs.emplace_back(trade(id, "123456789012345.5"));
        }
      }
    }
    const int64_t before = node.metric("statements_total");
    must(node.write(std::move(inputs)));
    REQUIRE(all_settled(node));
    good += size - chosen.size();
    bad += chosen.size();
    const auto depth = static_cast<int64_t>(std::ceil(std::log2(static_cast<double>(size)))) + 1;
    CHECK(node.metric("statements_total") - before <= 1 + 2 * static_cast<int64_t>(chosen.size()) * depth);
  }
  CHECK(node.settled(SLUICE_DELIVERED) == good);
  CHECK(node.settled(SLUICE_FAILED) == bad);
  CHECK(static_cast<uint64_t>(space.person().count("trades")) == good);
  for (const Settlement& each : node.settlements()) {
    if (each.verdict == SLUICE_FAILED) CHECK(each.category == sluice::Category::permanent);
  }
}

TEST_CASE("a refused record says where it came from, as far as its attributes tell") {
  const std::string url = server();
  if (url.empty()) return;
  Space space(url);
  Setup setup;
  setup.attributes = std::vector<std::string>{"topic", "partition", "offset"};
  Harness node(timescale_type(), trade_options(space.url()), setup);
  node.begin();
  space.person().run("ALTER TABLE trades ADD CONSTRAINT positive CHECK (price > 0)");
  const Values from{{"topic", "binance.trades"}, {"partition", 2}, {"offset", 41}};
  must(node.write({Input(trade(1, "-1"), from), Input("no JSON", from), Input(trade(2), from)}));
  REQUIRE(all_settled(node));
  const auto why = reasons(node);
  REQUIRE(why.size() == 2);
  for (const std::string& each : why) {
    CHECK(each.find("(topic binance.trades, partition 2, offset 41)") != std::string::npos);
  }
  CHECK(why[0].find("constraint positive") != std::string::npos);
  CHECK(why[0].find("23514") == 0);
}
