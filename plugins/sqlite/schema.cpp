// SPDX-License-Identifier: Apache-2.0
#include "schema.hpp"

#include "sql.hpp"
#include "table_check.hpp"

namespace sluice::sqlite {
namespace {

std::optional<Fault> create(Connection& connection, const Settings& settings) {
  const std::string doing = "create table " + settings.table;
  if (auto fault = connection.execute(create_table_sql(settings), doing)) return fault;
  if (settings.conflict.empty()) return std::nullopt;
  return connection.execute(create_index_sql(settings), "create the unique index of table " + settings.table);
}

std::optional<Fault> check_or_create(Connection& connection, const Settings& settings) {
  std::optional<TableFacts> table;
  if (auto fault = read_table(connection, settings.table, table)) return fault;
  if (!table && settings.create) return create(connection, settings);
  const std::vector<Finding> findings = check_table(settings, connection.path(), table);
  if (findings.empty()) return std::nullopt;
  std::string sentence = findings.front().sentence;
  if (const size_t more = findings.size() - 1; more > 0) {
    sentence += " (and " + std::to_string(more) + " more; sluice validate --connect names them all)";
  }
  return Fault{Blame::person, SQLITE_ERROR, std::move(sentence)};
}

}  // namespace

std::optional<Fault> ensure_table(Connection& connection, const Settings& settings) {
  constexpr std::string_view doing = "begin a transaction";
  if (auto fault = connection.execute(settings.create ? "BEGIN IMMEDIATE" : "BEGIN", doing)) return fault;
  std::optional<Fault> fault = check_or_create(connection, settings);
  if (!fault) fault = connection.execute("COMMIT", "create table " + settings.table);
  if (fault && connection.in_transaction()) connection.execute("ROLLBACK", "roll back");
  return fault;
}

}  // namespace sluice::sqlite
