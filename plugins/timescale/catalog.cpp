// SPDX-License-Identifier: Apache-2.0
#include "catalog.hpp"

#include <charconv>

#include "sql.hpp"

namespace sluice::timescale {
namespace {

constexpr std::string_view doing = "read the database's catalogs";

std::string text_at(const ServerResult& result, int row, int column) { return PQgetvalue(result.get(), row, column); }
bool flag_at(const ServerResult& result, int row, int column) { return text_at(result, row, column) == "t"; }
template <typename Number>
Number number_at(const ServerResult& result, int row, int column) {
  const std::string text = text_at(result, row, column);
  Number number{};
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

constexpr const char* server_sql = R"(
SELECT current_setting('server_version'), current_setting('server_encoding'),
       pg_is_in_recovery() OR current_setting('default_transaction_read_only') = 'on',
       current_setting('fsync') = 'on',
       EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb'),
       e.extversion, n.nspname, current_setting('timescaledb.license', true), current_schema(),
       (SELECT CASE WHEN has_schema_privilege(s.oid, 'CREATE') THEN 'create'
                    WHEN has_schema_privilege(s.oid, 'USAGE') THEN 'use' ELSE 'none' END
          FROM pg_namespace s WHERE s.nspname = coalesce(nullif($1, ''), current_schema()))
  FROM (SELECT) AS one LEFT JOIN pg_extension e ON e.extname = 'timescaledb'
                       LEFT JOIN pg_namespace n ON n.oid = e.extnamespace)";

constexpr const char* table_sql = R"(
SELECT c.oid, c.relkind, c.relpersistence = 'u', row_security_active(c.oid), n.nspname, c.relname
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass($1))";

// Types that are written as text and hold it by a rule of their own have a name to cast to. char is named without its
// length: a cast to char(n) would cut in silence, where storing refuses.
constexpr const char* columns_sql = R"(
SELECT attname, format_type(atttypid, atttypmod), atttypid, atttypmod, attnotnull, atthasdef OR attidentity = 'd',
       attgenerated <> '' OR attidentity = 'a',
       has_column_privilege(attrelid, attnum, 'INSERT'), has_column_privilege(attrelid, attnum, 'SELECT'),
       b.oid,
       CASE WHEN b.typname = 'bpchar' THEN 'pg_catalog.bpchar'
            WHEN b.typtype = 'e' OR b.typname IN ('uuid', 'citext', 'inet', 'cidr', 'macaddr') THEN b.oid::regtype::text
            ELSE '' END,
       b.typname IN ('bpchar', 'citext')
  FROM pg_attribute
  CROSS JOIN LATERAL (
    WITH RECURSIVE chain AS (
      SELECT oid, typname, typtype, typbasetype FROM pg_type WHERE oid = atttypid
      UNION ALL
      SELECT t.oid, t.typname, t.typtype, t.typbasetype FROM pg_type t JOIN chain ON chain.typtype = 'd' AND t.oid = chain.typbasetype)
    SELECT oid, typname, typtype FROM chain WHERE typtype <> 'd') AS b
 WHERE attrelid = $1::oid AND attnum > 0 AND NOT attisdropped ORDER BY attnum)";

// One row a column of an index.
constexpr const char* indexes_sql = R"(
SELECT i.indexrelid::regclass, coalesce(a.attname, ''),
       i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL,
       coalesce(l.collisdeterministic, true)
  FROM pg_index i
  CROSS JOIN generate_series(0, i.indnkeyatts - 1) AS at
  LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[at]
  LEFT JOIN pg_collation l ON l.oid = i.indcollation[at]
 WHERE i.indrelid = $1::oid AND i.indisunique ORDER BY i.indexrelid, at)";

// BEFORE INSERT FOR EACH ROW, of the table and of its partitions; TimescaleDB's own are no concern of a user.
constexpr const char* triggers_sql = R"(
SELECT DISTINCT t.tgname
  FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_namespace n ON n.oid = p.pronamespace
 WHERE (t.tgrelid = $1::oid OR t.tgrelid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = $1::oid))
   AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND t.tgtype & 7 = 7 AND n.nspname NOT LIKE '\_timescaledb\_%'
 ORDER BY 1)";

constexpr const char* rules_sql = R"(
SELECT rulename FROM pg_rewrite WHERE ev_class = $1::oid AND ev_type IN ('2', '3') AND ev_enabled <> 'D' ORDER BY 1)";

constexpr const char* dimension_sql = R"(
SELECT column_name, (extract(epoch FROM time_interval) * 1000000)::bigint, h.associated_schema_name,
       h.associated_table_prefix || '_'
  FROM timescaledb_information.dimensions
  JOIN _timescaledb_catalog.hypertable h ON h.schema_name = hypertable_schema AND h.table_name = hypertable_name
 WHERE hypertable_schema = $1 AND hypertable_name = $2 ORDER BY dimension_number LIMIT 1)";

constexpr const char* family_sql = R"(
WITH RECURSIVE family AS (
  SELECT to_regclass($1)::oid AS id
  UNION
  SELECT i.inhrelid FROM pg_inherits i JOIN family ON i.inhparent = family.id)
SELECT EXISTS (SELECT FROM family JOIN pg_class c ON c.oid = family.id JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname = $2 AND c.relname = $3))";

std::optional<Failure> read_columns(Connection& connection, const std::string& table, TableFacts& facts) {
  ServerResult result;
  if (auto failure = connection.query(columns_sql, {table}, doing, result)) return failure;
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    facts.columns.push_back({text_at(result, row, 0), text_at(result, row, 1), number_at<uint32_t>(result, row, 2),
                             number_at<int32_t>(result, row, 3), number_at<uint32_t>(result, row, 9),
                             text_at(result, row, 10), flag_at(result, row, 11), flag_at(result, row, 4),
                             flag_at(result, row, 5), flag_at(result, row, 6), flag_at(result, row, 7),
                             flag_at(result, row, 8)});
  }
  return std::nullopt;
}

std::optional<Failure> read_indexes(Connection& connection, const std::string& table, TableFacts& facts) {
  ServerResult result;
  if (auto failure = connection.query(indexes_sql, {table}, doing, result)) return failure;
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    const std::string name = text_at(result, row, 0);
    if (facts.unique_indexes.empty() || facts.unique_indexes.back().name != name) {
      facts.unique_indexes.push_back({name, {}, true, true});
    }
    UniqueIndex& index = facts.unique_indexes.back();
    index.columns.push_back(text_at(result, row, 1));
    index.usable = index.usable && flag_at(result, row, 2);
    index.exact_text = index.exact_text && flag_at(result, row, 3);
  }
  return std::nullopt;
}

std::optional<Failure> read_names(Connection& connection, const char* sql, const std::string& table,
                                  std::vector<std::string>& names) {
  ServerResult result;
  if (auto failure = connection.query(sql, {table}, doing, result)) return failure;
  for (int row = 0; row < PQntuples(result.get()); ++row) names.push_back(text_at(result, row, 0));
  return std::nullopt;
}

}  // namespace

std::string ServerFacts::words() const {
  std::string text = "PostgreSQL " + version.substr(0, version.find(' '));
  if (extension.empty()) return text + " without TimescaleDB";
  text += " with TimescaleDB " + extension;
  if (license == "apache") {
    return text + " (Apache-2 edition: compression, retention policies and continuous aggregates are not in it)";
  }
  if (license == "timescale") return text + " (Community edition)";
  return text + " (licence " + (license.empty() ? "unknown" : license) + ")";
}

const TableColumn* TableFacts::find(std::string_view name) const {
  for (const TableColumn& column : columns) {
    if (column.name == name) return &column;
  }
  return nullptr;
}

std::optional<Failure> read_server(Connection& connection, const Settings& settings, ServerFacts& facts) {
  ServerResult result;
  if (auto failure = connection.query(server_sql, {settings.schema}, doing, result)) return failure;
  facts = {text_at(result, 0, 0), text_at(result, 0, 1), flag_at(result, 0, 2), flag_at(result, 0, 3),
           flag_at(result, 0, 4), text_at(result, 0, 5), text_at(result, 0, 6), text_at(result, 0, 7),
           text_at(result, 0, 8), text_at(result, 0, 9)};
  return std::nullopt;
}

std::optional<Failure> read_table(Connection& connection, const Settings& settings, const ServerFacts& server,
                                  std::optional<TableFacts>& facts) {
  facts.reset();
  ServerResult result;
  if (auto failure = connection.query(table_sql, {quoted_table(settings)}, doing, result)) return failure;
  if (PQntuples(result.get()) == 0) return std::nullopt;
  TableFacts found;
  const std::string id = text_at(result, 0, 0);
  found.kind = text_at(result, 0, 1);
  found.unlogged = flag_at(result, 0, 2);
  found.row_security = flag_at(result, 0, 3);
  found.called.schema = text_at(result, 0, 4);
  found.called.name = text_at(result, 0, 5);
  const std::vector<std::string> name{found.called.schema, found.called.name};
  if (auto failure = read_columns(connection, id, found)) return failure;
  if (auto failure = read_indexes(connection, id, found)) return failure;
  if (auto failure = read_names(connection, triggers_sql, id, found.row_triggers)) return failure;
  if (auto failure = read_names(connection, rules_sql, id, found.rules)) return failure;
  if (!server.extension.empty()) {
    if (auto failure = connection.query(dimension_sql, name, doing, result)) return failure;
    if (PQntuples(result.get()) > 0) {
      found.time_column = text_at(result, 0, 0);
      found.chunk_us = number_at<int64_t>(result, 0, 1);
      found.called.chunk_schema = text_at(result, 0, 2);
      found.called.chunk_prefix = text_at(result, 0, 3);
    }
  }
  facts = std::move(found);
  return std::nullopt;
}

std::optional<Failure> look_for_table(Connection& connection, const Settings& settings, const TableName& own,
                                      const Failure& named, bool& is_own) {
  // A chunk may have been made by the transaction that failed: then its name is all that is left of it.
  is_own = named.table.empty() || (named.schema == own.schema && named.table == own.name) ||
           (!own.chunk_schema.empty() && named.schema == own.chunk_schema && named.table.starts_with(own.chunk_prefix));
  if (is_own) return std::nullopt;
  ServerResult result;
  auto failure = connection.query(family_sql, {quoted_table(settings), named.schema, named.table}, doing, result);
  if (!failure) is_own = flag_at(result, 0, 0);
  return failure;
}

}  // namespace sluice::timescale
