// SPDX-License-Identifier: Apache-2.0
// Types by both methods on both servers: what is stored is what the server itself makes of the same text; what does not
// fit is refused alone; and tables that others made keep them.
#include "support.hpp"

using namespace timescale_test;

namespace {

/// Each test here runs on either server.
std::string any_server() { return server(GENERATE("TIMESCALE_URL", "POSTGRES_URL")); }

Values sink_options(const Space& space, Values columns, Values more = {}) {
  return replaced({{"url", space.url()}, {"method", method()}, {"table", "t"}, {"columns", map(std::move(columns))}},
                  std::move(more));
}

std::string complaint(const std::string& url, const char* as, const std::string& type) {
  Space space(url);
  space.person().run("CREATE TABLE t (a " + type + ")");
  Harness node(timescale_type(), sink_options(space, {{"a", column("a", as)}}));
  const auto opened = node.open();
  if (opened) node.close();
  return opened ? "none" : opened.error().message;
}

struct Text {
  std::string smallint, real, timestamp, date;
};

/// Edges first, then at random; an empty text is NULL.
std::vector<Text> texts() {
  std::vector<Text> all{{"32767", "3.4028235e38", "9999-12-31T23:59:59.999999Z", "9999-12-31"},
                        {"-32768", "-3.4028235e38", "0001-01-01T00:00:00Z", "0001-01-01"},
                        {"0", "0", "2000-01-01T00:00:00Z", "2000-01-01"},
                        {"-1", "1e-45", "1999-12-31T23:59:59.999999Z", "1999-12-31"},
                        {"1", "-1.17549435e-38", "1970-01-01T00:00:00Z", "1970-01-01"},
                        {"256", "0.1", "1969-12-31T23:59:59.999999Z", "1969-12-31"},
                        {"-256", "16777217", "2024-02-29T12:00:00+02:00", "2024-02-29"},
                        {"", "", "", ""}};
  std::mt19937 random(31);
  const auto two = [&](uint32_t from, uint32_t count) {
    const std::string text = std::to_string(from + random() % count);
    return text.size() < 2 ? "0" + text : text;
  };
  for (int i = 0; i < 3000; ++i) {
    std::string year = std::to_string(1 + random() % 9999);
    year.insert(0, 4 - year.size(), '0');
    const std::string date = year + "-" + two(1, 12) + "-" + two(1, 28);
    const auto or_null = [&](std::string text) { return random() % 10 == 0 ? std::string() : text; };
    all.push_back({or_null(std::to_string(static_cast<int>(random() % 65536) - 32768)),
                   or_null(std::to_string(random()) + "." + std::to_string(random()) + "e" +
                           std::to_string(static_cast<int>(random() % 70) - 44)),
                   or_null(date + "T" + two(0, 24) + ":" + two(0, 60) + ":" + two(0, 60) + "." +
                           std::to_string(100'000 + random() % 900'000) + "Z"),
                   or_null(date)});
  }
  return all;
}

/// A table of all of them, made by the sink.
Values narrow_columns(const Space& space, const Values& of_times = {{"nullable", true}}) {
  const Values null{{"nullable", true}};
  return sink_options(space,
                      {{"id", column("id", "bigint")},
                       {"s", column("s", "smallint", null)},
                       {"r", column("r", "real", null)},
                       {"t", column("t", "timestamp", of_times)},
                       {"d", column("d", "date", of_times)}},
                      {{"create", true}, {"conflict", list({"id"})}});
}

}  // namespace

TEST_CASE("values of every narrow type are what the server reads in the same text") {
  const std::string url = any_server();
  if (url.empty()) return;
  Space space(url);
  Database& person = space.person();
  Harness node(timescale_type(), narrow_columns(space));
  node.begin();
  std::vector<Input> batch;
  std::string expected = "SET TIME ZONE 'UTC'; CREATE TABLE expected (LIKE t); INSERT INTO expected VALUES ";
  int64_t id = 0;
  for (const Text& text : texts()) {
    const auto json = [](const std::string& value) { return value.empty() ? "null" : "\"" + value + "\""; };
    const auto sql = [](const std::string& value, const char* type) {
      return value.empty() ? "NULL" : "'" + value + "'::" + type;
    };
    batch.emplace_back(R"({"id":)" + std::to_string(id) + R"(,"s":)" + json(text.smallint) + R"(,"r":)" +
                       json(text.real) + R"(,"t":)" + json(text.timestamp) + R"(,"d":)" + json(text.date) + "}");
    expected += (id == 0 ? "(" : ",(") + std::to_string(id) + "," + sql(text.smallint, "smallint") + "," +
                sql(text.real, "real") + "," + sql(text.timestamp, "timestamptz") + "::timestamp," +
                sql(text.date, "date") + ")";
    ++id;
  }
  must(node.write(std::move(batch)));
  REQUIRE(all_settled(node));
  CHECK(reasons(node).empty());
  person.run(expected);
  CHECK(person.count("t") == id);
  CHECK(person
            .run("SELECT a, b FROM t AS a FULL JOIN expected AS b USING (id) WHERE a::text IS DISTINCT FROM "
                 "b::text LIMIT 3")
            .empty());
  CHECK(person.run("SELECT string_agg(DISTINCT pg_typeof(s) || ' ' || pg_typeof(r) || ' ' || pg_typeof(t) || ' ' || "
                   "pg_typeof(d), ',') FROM t") ==
        std::vector<std::string>{"smallint real timestamp without time zone date"});
}

TEST_CASE("what a narrow type does not hold is refused alone, with column and value") {
  const std::string url = any_server();
  if (url.empty()) return;
  Space space(url);
  Harness node(timescale_type(), narrow_columns(space, {{"nullable", true}, {"unit", "ms"}}));
  node.begin();
  size_t bad = 0;
  for (const std::string value :
       {R"("s":32768)", R"("s":-32769)", R"("s":1.5)", R"("r":3.5e38)", R"("r":-1e39)", R"("r":1e-50)",
        R"("t":253402300800000)", R"("t":"2024-08-08T00:00:00")", R"("d":253402300800000)", R"("d":"2023-02-29")"}) {
    INFO(value);
    const std::string id = std::to_string(++bad);
    must(node.write({R"({"id":-)" + id + "," + value + "}", R"({"id":)" + id + "}"}));
    REQUIRE(all_settled(node));
    const std::vector<std::string> said = reasons(node);
    REQUIRE(said.size() == bad);
    const std::string name = value.substr(1, 1);
    const size_t quoted = value.find_first_not_of("\"", 4);
    CHECK(said.back().find("column " + name + ": field " + name + " holds '" +
                           value.substr(quoted, value.find('"', quoted) - quoted) + "'") != std::string::npos);
  }
  CHECK(space.person().count("t") == static_cast<int64_t>(bad));
  CHECK(space.person().value("SELECT min(id) FROM t") == "1");
}

TEST_CASE("a smallint may be kept in wider types, and its key is found there") {
  const std::string url = any_server();
  if (url.empty()) return;
  Space space(url);
  Database& person = space.person();
  const std::string type = GENERATE("smallint", "integer", "bigint", "numeric", "numeric(7,2)");
  INFO(type);
  person.run("CREATE TABLE t (n " + type + " UNIQUE)");
  Harness node(timescale_type(), sink_options(space, {{"n", column("n", "smallint")}}, {{"conflict", list({"n"})}}));
  node.begin();
  for (int round = 0; round < 2; ++round) {
    must(node.write({R"({"n":32767})", R"({"n":-32768})", R"({"n":258})"}));
    REQUIRE(all_settled(node));
  }
  CHECK(reasons(node).empty());
  CHECK(node.metric("rows_inserted_total") == 3);
  CHECK(node.metric("rows_already_there_total") == 3);
  CHECK(person.run("SELECT n::bigint FROM t ORDER BY n") == std::vector<std::string>{"-32768", "258", "32767"});
}

TEST_CASE("a table that keeps narrow types takes what others wrote, too, and its keys are found") {
  const std::string url = any_server();
  if (url.empty()) return;
  Space space(url);
  Database& person = space.person();
  person.run(
      "CREATE TABLE t (venue smallint NOT NULL, at timestamp NOT NULL, day date NOT NULL, ratio real NOT NULL, "
      "PRIMARY KEY (venue, at, day, ratio)); INSERT INTO t VALUES (7, '2024-08-08 23:54:15.342', '2024-08-08', 0.1)");
  Harness node(timescale_type(), sink_options(space,
                                              {{"venue", column("v", "smallint")},
                                               {"at", column("T", "timestamp", {{"unit", "ms"}})},
                                               {"day", column("T", "date", {{"unit", "ms"}})},
                                               {"ratio", column("r", "real")}},
                                              {{"conflict", list({"venue", "at", "day", "ratio"})}}));
  node.begin();
  must(node.write({R"({"v":7,"T":1723161255342,"r":0.1})", R"({"v":7,"T":1723161255343,"r":0.1})",
                   R"({"v":7,"T":-1,"r":0.2})", R"({"v":8,"T":1723161255342,"r":"0.1"})"}));
  REQUIRE(all_settled(node));
  CHECK(reasons(node).empty());
  CHECK(node.metric("rows_already_there_total") == 1);
  CHECK(person.run("SELECT * FROM t ORDER BY venue, at") ==
        std::vector<std::string>{"7", "1969-12-31 23:59:59.999", "1969-12-31", "0.2",  //
                                 "7", "2024-08-08 23:54:15.342", "2024-08-08", "0.1",  //
                                 "7", "2024-08-08 23:54:15.343", "2024-08-08", "0.1",  //
                                 "8", "2024-08-08 23:54:15.342", "2024-08-08", "0.1"});
}

TEST_CASE("a hypertable may be divided by a timestamp or a date") {
  const std::string url = server();
  if (url.empty()) return;
  const char* as = GENERATE("timestamp", "date");
  INFO(as);
  Space space(url);
  const Values options = sink_options(
      space, {{"at", column("T", as, {{"unit", "ms"}})}, {"id", column("t", "bigint")}},
      {{"create", true}, {"conflict", list({"id", "at"})}, {"hypertable", map({{"time", "at"}, {"chunk", "1d"}})}});
  std::vector<std::string> rows;
  for (int64_t id = 0; id < 300; ++id) {
    // Ten days, from before PostgreSQL's epoch to behind it.
    rows.push_back(R"({"t":)" + std::to_string(id) + R"(,"T":)" + std::to_string(946'252'800'000 + id * 2'880'000) +
                   "}");
  }
  for (int round = 0; round < 2; ++round) {
    Harness node(timescale_type(), options);
    node.begin();
    must(node.write(std::vector<Input>(rows.begin(), rows.end())));
    REQUIRE(all_settled(node));
    CHECK(reasons(node).empty());
    CHECK(node.metric(round == 0 ? "rows_inserted_total" : "rows_already_there_total") == 300);
    for (const LogLine& line : node.logs()) CHECK(line.sentence.find("has chunks of") == std::string::npos);
    node.finish();
  }
  CHECK(space.person().value("SELECT count(*) || ' ' || count(DISTINCT tableoid) || ' ' || min(at)::date || ' ' || "
                             "max(at)::date FROM t") == "300 10 1999-12-27 2000-01-05");
}

TEST_CASE("a table that would change a value of a narrow type is named with the types that do not") {
  const std::string url = server("POSTGRES_URL");
  if (url.empty()) return;
  const auto says = [&](const char* as, const std::string& type, const std::string& words) {
    const std::string said = complaint(url, as, type);
    INFO(said);
    CHECK(said.find(words) != std::string::npos);
  };
  says("smallint", "smallint", "none");
  says("bigint", "smallint", "as smallint, which keeps values of another type; the graph says bigint, and that can be");
  says("integer", "smallint", "the graph says integer, and that can be stored as integer, bigint or numeric");
  says("smallint", "numeric(6,2)", "has no room for 5 digits");
  says("smallint", "real", "that can be stored as smallint, integer, bigint or numeric");
  says("double precision", "real", "the graph says double precision, and that can be stored as double precision");
  says("real", "double precision", "the graph says real, and that can be stored as real");
  says("timestamp", "timestamp(3)", "would round microseconds");
  says("timestamp", "timestamptz", "the graph says timestamp, and that can be stored as timestamp");
  says("timestamptz", "timestamp", "the graph says timestamptz, and that can be stored as timestamptz");
  says("timestamp", "date", "the graph says timestamp, and that can be stored as timestamp");
  says("date", "timestamp", "the graph says date, and that can be stored as date");
  says("text", "bytea", "as bytea, which keeps values of another type; the graph says text, and that can be stored as");
}
