// SPDX-License-Identifier: Apache-2.0
#include "schema.hpp"

#include "sql.hpp"

namespace sluice::timescale {
namespace {

/// Any number will do that others are unlikely to take.
constexpr const char* lock_sql = "SELECT pg_advisory_xact_lock(7236837512045)";

std::optional<Failure> create(Connection& connection, const Settings& settings, const ServerFacts& server) {
  const std::string doing = "create table " + settings.table_name();
  if (auto failure = connection.execute(create_table_sql(settings), doing)) return failure;
  if (settings.hypertable && !server.extension.empty()) {
    const std::string sql = create_hypertable_sql(settings, server.extension_schema);
    if (auto failure = connection.execute(sql, "make a hypertable of table " + settings.table_name())) return failure;
  }
  const std::string indexing = "create the indexes of table " + settings.table_name();
  if (!settings.conflict.empty()) {
    if (auto failure = connection.execute(create_index_sql(settings, settings.conflict, true), indexing))
      return failure;
  }
  for (const std::vector<size_t>& index : settings.indexes) {
    if (auto failure = connection.execute(create_index_sql(settings, index, false), indexing)) return failure;
  }
  return std::nullopt;
}

std::optional<Failure> create_once(Connection& connection, const Settings& settings, Seen& seen) {
  const std::string doing = "create table " + settings.table_name();
  if (auto failure = connection.begin(doing)) return failure;
  std::optional<Failure> failure = connection.execute(lock_sql, doing);
  std::optional<TableFacts> table;
  if (!failure) failure = read_table(connection, settings, seen.server, table);
  if (!failure && !table) failure = create(connection, settings, seen.server);
  if (!failure) failure = connection.commit(doing);
  connection.roll_back("roll back");
  seen.created = !failure && !table;
  // Somebody who takes no lock of ours was quicker: look again.
  if (failure && (failure->state == "42P07" || failure->state == "23505" || failure->state == "42710")) {
    failure->blame = Blame::passing;
  }
  return failure;
}

}  // namespace

std::optional<Failure> look(Connection& connection, const Settings& settings, Seen& seen) {
  if (auto failure = read_server(connection, settings, seen.server)) return failure;
  if (seen.server.read_only) {
    const std::string place = connection.place();
    connection.close();
    return Failure{Blame::passing, "25006",
                   "PostgreSQL at " + place +
                       " is read only (25006): a standby, or set so; name the primary in url, or several hosts and "
                       "target_session_attrs=read-write"};
  }
  std::optional<TableFacts> table;
  if (auto failure = read_table(connection, settings, seen.server, table)) return failure;
  seen.has_table = table.has_value();
  seen.called = table ? table->called : TableName{};
  seen.reads_copy = table && reads_copy(settings, *table);
  seen.casts = table ? text_casts(settings, *table) : std::vector<std::string>(settings.mapping.size());
  seen.compared = compared_columns(settings, table);
  seen.findings = check(settings, seen.server, table);
  if (connection.is_pooled()) {
    seen.findings.push_back({Finding::Where::url, 0, true,
                             "url leads to a connection pooler: every statement gets a transaction of its own, which "
                             "takes two round trips more"});
  }
  return std::nullopt;
}

std::optional<Failure> ensure_table(Connection& connection, const Settings& settings, Seen& seen) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (auto failure = look(connection, settings, seen)) return failure;
    std::string problems;
    for (const Finding& finding : seen.findings) {
      if (!finding.warning) problems += (problems.empty() ? "" : "; ") + finding.sentence;
    }
    if (!problems.empty()) return Failure{Blame::person, {}, std::move(problems)};
    if (seen.has_table) return std::nullopt;
    if (auto failure = create_once(connection, settings, seen)) return failure;
  }
  return Failure{Blame::passing, {}, "table " + settings.table_name() + " was dropped right after the sink created it"};
}

}  // namespace sluice::timescale
