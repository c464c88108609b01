// SPDX-License-Identifier: Apache-2.0
// Tables that exist are checked before anything is written, and never changed.
#include <fstream>

#include "support.hpp"

using namespace sqlite_test;

namespace {

/// What open says of a table that somebody else made.
std::string open_error(const std::string& sql, Values more = {}) {
  const Folder folder;
  if (!sql.empty()) Database(folder.file()).run(sql);
  Harness node(sqlite_type(), trade_options(folder.file(), std::move(more)));
  const sluice::Result<void> opened = node.open();
  if (opened) return "opened";
  if (opened.error().category != sluice::Category::operator_needed) return "not an operator's failure";
  return opened.error().message;
}

constexpr const char* columns =
    "event_time TEXT, symbol TEXT, event_type TEXT, trade_id INTEGER, price TEXT, quantity TEXT, is_buyer_maker "
    "INTEGER";
constexpr const char* unique = "; CREATE UNIQUE INDEX u ON trades (event_time, symbol, trade_id, event_type)";

std::string table(std::string text, const std::string& from = {}, const std::string& to = {}) {
  if (!from.empty()) text.replace(text.find(from), from.size(), to);
  return "CREATE TABLE trades (" + text + ")" + unique;
}
bool says(const std::string& message, const std::string& part) {
  INFO(message);
  CHECK(message.find(part) != std::string::npos);
  return message.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a fitting table is taken as it is") {
  CHECK(open_error(table(columns)) == "opened");
  CHECK(open_error(table(columns, "symbol TEXT", "SYMBOL varchar(20) NOT NULL")) == "opened");
  CHECK(open_error(table(columns, "price TEXT",
                         "id INTEGER PRIMARY KEY, price BLOB, note TEXT DEFAULT 'x' NOT NULL")) == "opened");
  CHECK(open_error("CREATE TABLE trades (" + std::string(columns) +
                   ", PRIMARY KEY (symbol, event_type, trade_id, event_time)) WITHOUT ROWID") == "opened");
  CHECK(open_error("CREATE TABLE trades (" +
                       std::string(columns).replace(std::string(columns).find("trade_id INTEGER"), 16,
                                                    "trade_id INTEGER PRIMARY KEY") +
                       ")",
                   {{"conflict", list({"trade_id"})}}) == "opened");
}

TEST_CASE("a table whose name differs in case is the same table, and told so") {
  CHECK(open_error(table(columns), {{"table", "Trades"}}) == "opened");
  says(open_error(table(columns, "price TEXT", "prize TEXT"), {{"table", "TRADES"}}),
       "(there as trades, because SQLite ignores the case of names) has no column price");
}

TEST_CASE("a table that does not fit is named with its column") {
  says(open_error(table(columns, "price TEXT", "prize TEXT")), "has no column price");
  says(open_error(table(columns, "price TEXT", "price REAL")), "declares column price as REAL");
  says(open_error(table(columns, "price TEXT", "price DECIMAL(20,8)")), "declares column price as DECIMAL(20,8)");
  says(open_error(table(columns, "trade_id INTEGER", "trade_id TEXT")), "declares column trade_id as TEXT");
  says(open_error(table(columns, "price TEXT", "price TEXT AS ('1')")), "computes its column price");
  says(open_error(table(columns, "price TEXT", "price TEXT, extra TEXT NOT NULL")), "needs a value for column extra");
  says(open_error("CREATE VIEW trades AS SELECT 1 AS price"), "is a view");
  const auto as = [](const char* type) -> Values {
    return {{"columns", map({{"price", column("p", type)}})}, {"conflict", list({"price"})}};
  };
  says(open_error("CREATE TABLE trades (price TEXT)", as("smallint")),
       "declares column price as TEXT, which would change a smallint: it must be INTEGER");
  says(open_error("CREATE TABLE trades (price INTEGER)", as("real")), "would change a real: it must be REAL");
  says(open_error("CREATE TABLE trades (price REAL)", as("date")), "would change a date: it must be TEXT");
  says(open_error("CREATE TABLE trades (price INTEGER)", as("timestamp")), "would change a timestamp: it must be TEXT");
}

TEST_CASE("the conflict target needs its unique index") {
  const std::string plain = "CREATE TABLE trades (" + std::string(columns) + ")";
  says(open_error(plain), "has no unique index over (symbol, event_type, trade_id, event_time)");
  says(open_error(plain), "CREATE UNIQUE INDEX");
  says(open_error(plain + "; CREATE INDEX i ON trades (symbol, event_type, trade_id, event_time)"), "no unique index");
  says(open_error(plain + "; CREATE UNIQUE INDEX i ON trades (symbol, event_type, trade_id)"), "no unique index");
  says(open_error(plain +
                  "; CREATE UNIQUE INDEX i ON trades (symbol, event_type, trade_id, event_time) WHERE trade_id > 5"),
       "no unique index");
  says(
      open_error(plain + "; CREATE UNIQUE INDEX i ON trades (symbol COLLATE NOCASE, event_type, trade_id, event_time)"),
      "collation");
}

TEST_CASE("a database that cannot be used is an operator's failure") {
  says(open_error("", {{"create", false}}), "create: true");
  says(open_error("CREATE TABLE other (a)", {{"create", false}}), "does not exist");
  says(open_error("", {{"path", "/nowhere/at/all.db"}}), "check that the folder exists");
  const Folder folder;
  std::ofstream(folder.file()) << std::string(4096, 'x');
  says(open_error("", {{"path", folder.file()}}), "this file is not a SQLite database: name another file");
}

TEST_CASE("the table that was made fits what makes it, also a second time") {
  const Folder folder;
  for (int i = 0; i < 2; ++i) {
    Harness node(sqlite_type(), trade_options(folder.file(), {{"create", i == 0}}));
    CHECK(node.open());
    node.close();
  }
}
