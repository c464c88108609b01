// SPDX-License-Identifier: Apache-2.0
// The database and the network in trouble: nothing is lost, nothing is doubled, nothing is settled before it is stored,
// and a closing node never hangs.
#include "proxy.hpp"
#include "support.hpp"

using namespace timescale_test;

namespace {

struct Address {
  std::string host;
  uint16_t port;
};
/// Where the server really is, asked of libpq.
Address address_of(Database& person) {
  return {PQhostaddr(person.get()), static_cast<uint16_t>(std::stoi(PQport(person.get())))};
}

/// A sink whose way to the server leads through a proxy.
struct Line {
  explicit Line(const std::string& url, Values more = {}, const std::string& parameters = {})
      : space(url),
        proxy(address_of(space.person()).host, address_of(space.person()).port),
        node(timescale_type(), trade_options(space.url("hostaddr=127.0.0.1&port=" + std::to_string(proxy.port()) +
                                                       "&sslmode=disable&application_name=" + name + parameters),
                                             std::move(more))) {}
  /// Awaits room, as the engine does.
  void write(std::vector<Input> records) {
    REQUIRE(node.await([&] { return node.owned_batches() < 4; }, std::chrono::seconds(60)));
    must(node.write(std::move(records)));
  }
  void expect_rows(int64_t rows) {
    REQUIRE(all_settled(node));
    CHECK(reasons(node).empty());
    CHECK(node.settled(SLUICE_DELIVERED) == static_cast<uint64_t>(rows));
    CHECK(space.person().count("trades") == rows);
  }
  /// Rows up to the first statement whose end does not reach the server; gives how many.
  int64_t leave_one() {
    REQUIRE(says(node, SLUICE_STATUS_READY));
    proxy.leave_before_end();
    int64_t id = 0;
    for (; !proxy.has_left(); id += 2000) {
      write(trades(id, id + 2000));
      REQUIRE(eventually(node, [&] { return proxy.has_left() || node.owned_batches() == 0; }));
    }
    return id;
  }
  std::string sessions(const std::string& what = "count(*)") {
    return space.person().value("SELECT " + what + " FROM pg_stat_activity WHERE application_name = '" + name + "'");
  }
  Space space;
  std::string name = unique_name("sluice_");
  Proxy proxy;
  Harness node;
};

}  // namespace

TEST_CASE("backends that are terminated again and again lose nothing") {
  const std::string url = server();
  if (url.empty()) return;
  Space space(url);
  const std::string name = unique_name("sluice_");
  Harness node(timescale_type(), trade_options(space.url("application_name=" + name)));
  node.begin();
  int64_t id = 0;
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 3; ++i, id += 100) must(node.write(trades(id, id + 100)));
    space.person().run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '" + name +
                       "'");
    REQUIRE(node.await([&] { return node.owned_batches() < 3; }, std::chrono::seconds(60)));
  }
  REQUIRE(all_settled(node));
  CHECK(reasons(node).empty());
  CHECK(node.settled(SLUICE_DELIVERED) == static_cast<uint64_t>(id));
  CHECK(space.person().count("trades") == id);
  CHECK(node.metric("reconnects_total") > 0);
}

TEST_CASE("a connection that is cut at any moment loses nothing and doubles nothing") {
  const std::string url = server();
  if (url.empty()) return;
  Line line(url);
  line.node.begin();
  std::mt19937 random(7);
  int64_t id = 0;
  for (int round = 0; round < 60; ++round, id += 200) {
    line.write(trades(id, id + 200));
    if (random() % 3 == 0) line.proxy.cut();
  }
  line.expect_rows(id);
}

TEST_CASE("a COPY whose answer is lost is not done twice, and COPY goes on behind it") {
  const std::string url = server();
  if (url.empty()) return;
  Line line(url, {{"method", "copy"}});
  line.node.begin();
  // The first answer is that the data may come.
  line.proxy.cut_at_answer(2);
  line.write(trades(0, 100));
  line.expect_rows(100);
  CHECK(line.proxy.has_cut_at_answer());
  CHECK(line.node.metric("rows_already_there_total") == 100);
  // COPY, the same refused, INSERT, look-up; then an INSERT that is all new, and COPY again.
  CHECK(line.node.metric("statements_total") == 4);
  line.write(trades(100, 200));
  line.expect_rows(200);
  line.write(trades(200, 300));
  line.expect_rows(300);
  CHECK(line.node.metric("statements_total") == 6);
  // A row that is there already: COPY, INSERT, look-up.
  line.write(trades(299, 399));
  REQUIRE(all_settled(line.node));
  CHECK(line.space.person().count("trades") == 399);
  CHECK(line.node.metric("rows_already_there_total") == 101);
  CHECK(line.node.metric("statements_total") == 9);
}

TEST_CASE("an INSERT whose answer is lost is not done twice") {
  const std::string url = server();
  if (url.empty()) return;
  Line line(url, {{"method", "insert"}});
  line.node.begin();
  for (int64_t id = 0; id < 1000; id += 100) {
    line.proxy.cut_at_answer();
    line.write(trades(id, id + 100));
    REQUIRE(eventually(line.node, [&] { return line.proxy.has_cut_at_answer(); }));
    REQUIRE(all_settled(line.node));
  }
  line.expect_rows(1000);
  CHECK(line.node.metric("rows_already_there_total") == 1000);
}

TEST_CASE("the server looks after its client as often as the client after the server") {
  const std::string url = server();
  if (url.empty()) return;
  const auto settings = [&](const std::string& more) {
    Space space(url);
    std::string seen;
    for (const std::string name : {"tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count",
                                   "tcp_user_timeout", "idle_in_transaction_session_timeout", "statement_timeout"}) {
      seen += (seen.empty() ? "" : " || ' ' || ") + ("current_setting('" + name + "')");
    }
    space.person().run("CREATE TABLE t (k text PRIMARY KEY, seen text DEFAULT " + seen + ")");
    Harness node(timescale_type(), {{"url", space.url(more)},
                                    {"method", method()},
                                    {"table", "t"},
                                    {"columns", map({{"k", column("k", "text")}})},
                                    {"conflict", list({"k"})}});
    node.begin();
    must(node.write({std::string(R"({"k":"x"})")}));
    REQUIRE(all_settled(node));
    return space.person().value("SELECT seen FROM t");
  };
  CHECK(settings("hostaddr=127.0.0.1") == "10 5 3 20000 30s 30s");
  CHECK(settings("hostaddr=127.0.0.1&keepalives_idle=7&keepalives_count=2&tcp_user_timeout=9000") ==
        "7 5 2 9000 30s 30s");
}

TEST_CASE("a statement whose end never comes is ended by the next connection, and no other session is") {
  const std::string url = server();
  if (url.empty()) return;
  Line line(url);
  Database other(line.space.url("application_name=" + line.name));
  other.run("BEGIN; CREATE TABLE held (k int)");
  line.node.begin();
  const int64_t rows = line.leave_one();
  line.expect_rows(rows);
  // The sink's own, and the other.
  CHECK(eventually(line.node, [&] { return line.sessions() == "2"; }));
  other.run("COMMIT");
  CHECK(line.space.person().count("held") == 0);
}

TEST_CASE("a sink that may not end its old session waits for the end of it") {
  const std::string url = server("POSTGRES_URL");
  if (url.empty()) return;
  const std::string login = unique_name("sluice_login_"), role = unique_name("sluice_role_");
  Database(url).run("CREATE ROLE " + role + "; CREATE ROLE " + login + " LOGIN PASSWORD 'x' IN ROLE " + role +
                    "; ALTER ROLE " + login + " SET role = " + role);
  {
    Line line(url, {{"statement_timeout", "300ms"}}, "&password=x&user=" + login);
    line.space.person().run("GRANT USAGE, CREATE ON SCHEMA " + line.space.name() + " TO " + role);
    line.node.begin();
    // Not before the server has the statement: the sink's next one would be first otherwise, and wait for nothing.
    line.proxy.refuse_after_left();
    const int64_t rows = line.leave_one();
    const std::string stands = "FILTER (WHERE wait_event = 'ClientRead' AND state = 'active')";
    REQUIRE(eventually(line.node, [&] { return line.sessions("count(*) " + stands) == "1"; }));
    line.proxy.refuse(false);
    const int64_t before = line.node.metric("retries_total");
    CHECK(eventually(line.node, [&] { return line.node.metric("retries_total") > before + 2; }));
    CHECK(line.node.owned_batches() > 0);
    line.sessions("count(pg_terminate_backend(pid)) " + stands);
    line.expect_rows(rows);
    line.node.finish();
  }
  Database(url).run("DROP OWNED BY " + role + "; DROP ROLE " + login + "; DROP ROLE " + role);
}

TEST_CASE("a statement whose end never comes holds another process up for a while only") {
  const std::string url = server();
  if (url.empty()) return;
  if (Database(url).value("SELECT current_setting('server_version_num')::int < 170000") == "t") {
    return sluice_test::skip("a server with transaction_timeout, PostgreSQL 17 or later");
  }
  Line line(url, {{"method", "insert"}, {"statement_timeout", "500ms"}});
  line.node.begin();
  // From one poll of the proxy to the next, so that the sink cannot end what it left.
  line.proxy.refuse_after_left();
  const int64_t rows = line.leave_one();
  line.node.close();
  Harness other(timescale_type(), trade_options(line.space.url()));
  other.begin();
  must(other.write(trades(0, rows)));
  REQUIRE(all_settled(other));
  CHECK(other.settled(SLUICE_DELIVERED) == static_cast<uint64_t>(rows));
  CHECK(line.space.person().count("trades") == rows);
}

TEST_CASE("a database that is down at the start is waited for") {
  const std::string url = server();
  if (url.empty()) return;
  Line line(url);
  line.proxy.refuse(true);
  must(line.node.open());
  must(line.node.start());
  CHECK(says(line.node, SLUICE_STATUS_CONNECTING));
  CHECK(line.node.statuses().back().sentence.find("cannot connect to PostgreSQL at 127.0.0.1") == 0);
  line.write(trades(0, 100));
  CHECK(eventually(line.node, [&] { return line.node.metric("retries_total") > 3; }));
  CHECK(line.node.settlements().empty());
  line.proxy.refuse(false);
  line.expect_rows(100);
  CHECK(says(line.node, SLUICE_STATUS_READY));
}

TEST_CASE("a database that goes away is noticed without any work") {
  const std::string url = server();
  if (url.empty()) return;
  Line line(url);
  line.node.begin();
  CHECK(says(line.node, SLUICE_STATUS_READY));
  line.proxy.refuse(true);
  CHECK(says(line.node, SLUICE_STATUS_CONNECTING));
  line.proxy.refuse(false);
  CHECK(says(line.node, SLUICE_STATUS_READY));
}

TEST_CASE("a server that does not answer any more costs the connection, not the thread") {
  const std::string url = server();
  if (url.empty()) return;
  Line line(url, {{"statement_timeout", "200ms"}, {"connect_timeout", "200ms"}});
  line.node.begin();
  line.proxy.freeze(true);
  line.write(trades(0, 100));
  CHECK(eventually(line.node, [&] { return line.node.metric("retries_total") > 1; }));
  CHECK(line.node.settlements().empty());
  line.proxy.cut();
  line.proxy.freeze(false);
  line.expect_rows(100);
}

TEST_CASE("somebody's lock is waited for, and said") {
  const std::string url = server();
  if (url.empty()) return;
  Space space(url);
  Harness node(timescale_type(), trade_options(space.url(), {{"statement_timeout", "100ms"}}));
  node.begin();
  space.person().run("BEGIN; LOCK TABLE trades IN ACCESS EXCLUSIVE MODE");
  must(node.write(trades(0, 10)));
  REQUIRE(says(node, SLUICE_STATUS_BLOCKED));
  CHECK(node.statuses().back().sentence.find("(57014)") != std::string::npos);
  CHECK(node.settlements().empty());
  space.person().run("COMMIT");
  REQUIRE(all_settled(node));
  CHECK(node.settled(SLUICE_DELIVERED) == 10);
}

TEST_CASE("a node that is closed while it waits gives its batches back, and its statement ends") {
  const std::string url = server();
  if (url.empty()) return;
  Space space(url);
  const std::string name = unique_name("sluice_");
  Harness node(timescale_type(), trade_options(space.url("application_name=" + name)));
  node.begin();
  space.person().run("BEGIN; LOCK TABLE trades IN ACCESS EXCLUSIVE MODE");
  for (int64_t id = 0; id < 40; id += 10) must(node.write(trades(id, id + 10)));
  node.close();
  CHECK(node.settled(SLUICE_FAILED) == 40);
  for (const Settlement& each : node.settlements()) CHECK(each.category == sluice::Category::transient);
  space.person().run("COMMIT");
  CHECK(space.person().count("trades") == 0);
}

TEST_CASE("a node whose server does not answer can be closed") {
  const std::string url = server();
  if (url.empty()) return;
  for (const bool connected : {true, false}) {
    INFO(connected);
    Line line(url);
    if (!connected) line.proxy.refuse(true);
    line.node.begin();
    if (connected) REQUIRE(says(line.node, SLUICE_STATUS_READY));
    const uint64_t before = line.proxy.accepted();
    line.proxy.freeze(true);
    line.proxy.refuse(false);
    line.write(trades(0, 100));
    if (!connected) REQUIRE(eventually(line.node, [&] { return line.proxy.accepted() > before; }));
    line.node.close();
    CHECK(line.node.settled(SLUICE_FAILED) == 100);
    line.proxy.freeze(false);
  }
}

TEST_CASE("a table that vanishes needs a person, and goes on when it is back") {
  const std::string url = server();
  if (url.empty()) return;
  Space space(url);
  {
    Harness maker(timescale_type(), trade_options(space.url()));
    must(maker.open());
    maker.close();
  }
  Harness node(timescale_type(), trade_options(space.url(), {{"create", false}}));
  node.begin();
  space.person().run("ALTER TABLE trades RENAME TO elsewhere");
  must(node.write(trades(0, 10)));
  REQUIRE(says(node, SLUICE_STATUS_BLOCKED));
  CHECK(node.settlements().empty());
  space.person().run("ALTER TABLE elsewhere RENAME TO trades");
  REQUIRE(all_settled(node));
  CHECK(node.settled(SLUICE_DELIVERED) == 10);
  CHECK(says(node, SLUICE_STATUS_READY));
}

TEST_CASE("a server that is read only is waited for") {
  const std::string url = server("POSTGRES_URL");
  if (url.empty()) return;
  Space space(url);
  const std::string role = unique_name("sluice_role_");
  Database& person = space.person();
  person.run("CREATE ROLE " + role + " LOGIN SUPERUSER PASSWORD 'x'; ALTER ROLE " + role +
             " SET default_transaction_read_only = on");
  Harness node(timescale_type(), trade_options(space.url("user=" + role + "&password=x")));
  must(node.open());
  must(node.start());
  must(node.write(trades(0, 10)));
  REQUIRE(says(node, SLUICE_STATUS_CONNECTING));
  CHECK(node.statuses().back().sentence.find("is read only (25006)") != std::string::npos);
  person.run("ALTER ROLE " + role + " RESET default_transaction_read_only");
  REQUIRE(all_settled(node));
  CHECK(node.settled(SLUICE_DELIVERED) == 10);
  node.finish();
  person.run("DROP OWNED BY " + role + "; DROP ROLE " + role);
}

TEST_CASE("an error of an unknown class asks for a person in the end, and never for the dead letter") {
  const std::string url = server();
  if (url.empty()) return;
  Space space(url);
  Harness node(timescale_type(), trade_options(space.url()));
  node.begin();
  space.person().run(
      "CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'odd' USING ERRCODE = "
      "'P0002'; END $$; CREATE TRIGGER meddle BEFORE INSERT ON trades FOR EACH ROW EXECUTE FUNCTION meddle()");
  must(node.write(trades(0, 10)));
  REQUIRE(eventually(node, [&] { return node.metric("retries_total") >= 8; }));
  REQUIRE(says(node, SLUICE_STATUS_BLOCKED));
  CHECK(node.statuses().back().sentence.find("odd (P0002") != std::string::npos);
  CHECK(node.settlements().empty());
  space.person().run("DROP TRIGGER meddle ON trades");
  REQUIRE(all_settled(node));
  CHECK(node.settled(SLUICE_DELIVERED) == 10);
}
