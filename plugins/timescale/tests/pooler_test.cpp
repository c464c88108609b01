// SPDX-License-Identifier: Apache-2.0
// Behind a connection pooler, whose sessions are others' from one transaction to the next: no statement of one sink
// ever runs for another, and no setting of a session is left behind or relied upon.
#include "pooler.hpp"
#include "support.hpp"

using namespace timescale_test;

namespace {

Values options(const Space& space, const Pooler& pooler, const std::string& table, Values more = {}) {
  return replaced({{"url", pooler.url()},
                   {"method", method()},
                   {"table", space.name() + "." + table},
                   {"create", true},
                   {"columns", map({{"k", column("k", "text")}, {"v", column("v", "bigint")}})},
                   {"conflict", list({"k"})}},
                  std::move(more));
}

std::vector<Input> rows(const std::string& prefix, int64_t first, int64_t end) {
  std::vector<Input> all;
  for (int64_t i = first; i < end; ++i) {
    all.emplace_back(R"({"k":")" + prefix + std::to_string(i) + R"(","v":)" + std::to_string(i) + "}");
  }
  return all;
}

}  // namespace

TEST_CASE("sinks that share a pooler's connections write each into its own table") {
  const std::string url = server("POSTGRES_URL");
  if (url.empty() || !Pooler::is_at_hand()) return;
  for (const std::string mode : {"transaction", "session"}) {
    INFO(mode);
    Space space(url);
    // In a session each sink keeps its connection.
    Pooler pooler(url, mode, mode == "session" ? 3 : 2);
    Harness first(timescale_type(), options(space, pooler, "a"));
    Harness second(timescale_type(), options(space, pooler, "b"));
    Harness twin(timescale_type(), options(space, pooler, "a"));
    for (Harness* each : {&first, &second, &twin}) each->begin();
    for (int64_t id = 0; id < 2000; id += 100) {
      must(first.write(rows("a", id, id + 100)));
      must(second.write(rows("b", id, id + 100)));
      must(twin.write(rows("a", id + 50, id + 150)));
      for (Harness* each : {&first, &second, &twin}) {
        REQUIRE(each->await([&] { return each->owned_batches() < 4; }, std::chrono::seconds(60)));
      }
    }
    for (Harness* each : {&first, &second, &twin}) {
      REQUIRE(all_settled(*each));
      CHECK(reasons(*each).empty());
      CHECK(each->settled(SLUICE_DELIVERED) == 2000);
    }
    CHECK(space.person().value("SELECT count(*) FROM a WHERE k LIKE 'a%'") == "2050");
    CHECK(space.person().count("a") == 2050);
    CHECK(space.person().value("SELECT count(*) FROM b WHERE k LIKE 'b%'") == "2000");
    CHECK(space.person().count("b") == 2000);
  }
}

TEST_CASE("a pooler's sessions are left as they were") {
  const std::string url = server("POSTGRES_URL");
  if (url.empty() || !Pooler::is_at_hand()) return;
  Space space(url);
  Pooler pooler(url, "transaction", 1);
  const std::string settings =
      "SELECT string_agg(name || '=' || setting, ',' ORDER BY name) FROM pg_settings WHERE name IN "
      "('statement_timeout', 'synchronous_commit', 'jit', 'idle_in_transaction_session_timeout', "
      "'tcp_keepalives_idle', "
      "'tcp_user_timeout', 'client_connection_check_interval', 'default_transaction_isolation')";
  const std::string before = Database(pooler.url()).value(settings);
  Harness node(timescale_type(), options(space, pooler, "t"));
  node.begin();
  must(node.write(rows("k", 0, 100)));
  must(node.write(rows("k", 50, 150)));
  REQUIRE(all_settled(node));
  CHECK(Database(pooler.url()).value(settings) == before);
  CHECK(Database(pooler.url()).value("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'sluice%'") == "0");
  CHECK(space.person().count("t") == 150);
}

TEST_CASE("what a session would promise holds in every transaction behind a pooler") {
  const std::string url = server("POSTGRES_URL");
  if (url.empty() || !Pooler::is_at_hand()) return;
  Space space(url);
  const std::string role = unique_name("sluice_role_");
  Database& person = space.person();
  person.run(
      "CREATE TABLE t (k text PRIMARY KEY, v bigint, at_commit text DEFAULT current_setting('synchronous_commit'), "
      "timeout text DEFAULT current_setting('statement_timeout'))");
  Pooler pooler(url, "transaction", 2);
  Database(pooler.url()).run("SET synchronous_commit = off");
  Harness node(timescale_type(), options(space, pooler, "t", {{"statement_timeout", "7s"}}));
  node.begin();
  must(node.write(rows("k", 0, 100)));
  REQUIRE(all_settled(node));
  CHECK(person.run("SELECT DISTINCT at_commit, timeout FROM t") == std::vector<std::string>{"on", "7s"});
  CHECK(person.count("t") == 100);
}

TEST_CASE("bad rows, dropped rows and repeats are told apart behind a pooler, too") {
  const std::string url = server("POSTGRES_URL");
  if (url.empty() || !Pooler::is_at_hand()) return;
  Space space(url);
  Pooler pooler(url, "transaction", 1);
  Harness node(timescale_type(), options(space, pooler, "t"));
  must(node.open());
  space.person().run(
      "CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF new.v = 3 THEN RAISE EXCEPTION 'bad'; "
      "END IF; IF new.v = 5 THEN RETURN NULL; END IF; new.k := upper(new.k); RETURN new; END $$; "
      "CREATE TRIGGER meddle BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION meddle()");
  must(node.start());
  for (int round = 0; round < 2; ++round) {
    must(node.write(rows("k", 0, 50)));
    REQUIRE(all_settled(node));
  }
  CHECK(node.settled(SLUICE_DELIVERED) == 96);
  CHECK(reasons(node).size() == 4);
  CHECK(space.person().count("t") == 48);
}

TEST_CASE("a pooler that refuses a parameter of the url needs a person") {
  const std::string url = server("POSTGRES_URL");
  if (url.empty() || !Pooler::is_at_hand()) return;
  Space space(url);
  Pooler pooler(url, "transaction", 1);
  Harness node(timescale_type(),
               options(space, pooler, "t", {{"url", with_parameter(pooler.url(), "options=-csearch_path%3Dx")}}));
  const auto opened = node.open();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().category == sluice::Category::operator_needed);
  CHECK(opened.error().message.find("unsupported startup parameter: options") != std::string::npos);
}
