// SPDX-License-Identifier: Apache-2.0
// `validate --connect`: all findings at once, each at the option that asked, and nothing changed.
#include <map>

#include "sluice/testing/options.hpp"
#include "support.hpp"

using namespace timescale_test;

namespace {

/// The text of the option that was blamed, and the sentence.
struct Found {
  std::multimap<std::string, std::string> problems, warnings;
  std::string error;
};

Found probe(const Values& options) {
  const auto tree = build_options(timescale_type(), options);
  Found found;
  sluice_describe_api api{};
  api.struct_size = sizeof api;
  api.problem = [](void* to, const sluice_config* where, uint32_t is_warning, sluice_str sentence) {
    auto& into = is_warning != 0 ? static_cast<Found*>(to)->warnings : static_cast<Found*>(to)->problems;
    const std::string key(where == nullptr ? "?" : sluice::to_view(where->key));
    const std::string text(where == nullptr ? "" : sluice::to_view(where->text));
    into.emplace(key == "as" ? "as " + text : key, sluice::to_view(sentence));
  };
  sluice_error error = sluice::empty_error();
  if (timescale_type().probe(&tree->root, &api, &found, &error) != SLUICE_OK) found.error = error.message;
  return found;
}

}  // namespace

TEST_CASE("a probe of what fits finds nothing, and makes nothing") {
  const std::string url = server();
  if (url.empty()) return;
  Space space(url);
  const Found found = probe(trade_options(space.url()));
  CHECK(found.error.empty());
  CHECK(found.problems.empty());
  CHECK(space.person().value("SELECT to_regclass('trades')") == "NULL");
}

TEST_CASE("a probe finds everything at once") {
  const std::string url = server();
  if (url.empty()) return;
  Space space(url);
  space.person().run(
      "CREATE TABLE trades (event_time timestamptz, symbol text, event_type text, trade_id bigint, price real, "
      "quantity numeric(20,2), more text NOT NULL)");
  const Found found = probe(trade_options(space.url()));
  CHECK(found.error.empty());
  CHECK(found.problems.count("as numeric(20,8)") == 2);
  CHECK(found.problems.count("as boolean") == 1);
  CHECK(found.problems.count("conflict") == 1);
  CHECK(found.problems.count("hypertable") == 1);
  CHECK(found.problems.count("table") == 1);
  CHECK(found.problems.size() == 6);
}

TEST_CASE("a probe warns of chunks of another length") {
  const std::string url = server();
  if (url.empty()) return;
  Space space(url);
  {
    Harness node(timescale_type(), trade_options(space.url()));
    must(node.open());
    node.close();
  }
  const Found found =
      probe(trade_options(space.url(), {{"hypertable", map({{"time", "event_time"}, {"chunk", "1h"}})}}));
  CHECK(found.problems.empty());
  CHECK(found.warnings.count("hypertable") == 1);
}

TEST_CASE("a probe warns of columns that COPY cannot fill") {
  const std::string url = server();
  if (url.empty()) return;
  Space space(url);
  {
    Harness node(timescale_type(), trade_options(space.url()));
    must(node.open());
    node.close();
  }
  space.person().run("ALTER TABLE trades ALTER trade_id TYPE numeric, ALTER symbol TYPE varchar(20)");
  const Found by_insert = probe(trade_options(space.url(), {{"method", "insert"}}));
  CHECK(by_insert.problems.empty());
  CHECK(by_insert.warnings.count("as bigint") == 0);
  const Found by_copy = probe(trade_options(space.url(), {{"method", "copy"}}));
  CHECK(by_copy.problems.empty());
  CHECK(by_copy.warnings.count("as bigint") == 1);
  CHECK(by_copy.warnings.count("as text") == 0);
}

TEST_CASE("a probe of a server that is not there says so") {
  const Found nobody = probe(trade_options("postgresql://postgres@127.0.0.1:1/market"));
  CHECK(nobody.error.find("cannot connect to PostgreSQL at 127.0.0.1:1/market") == 0);
  const std::string url = server("POSTGRES_URL");
  if (url.empty()) return;
  const Found nowhere = probe(trade_options(with_parameter(url, "dbname=sluice_no_such_database")));
  CHECK(nowhere.error.empty());
  CHECK(nowhere.problems.count("url") == 1);
}
