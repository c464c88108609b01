// SPDX-License-Identifier: Apache-2.0
#include "schema.hpp"

#include <algorithm>
#include <vector>

#include "sql.hpp"

namespace sluice::sqlite {
namespace {

using columns::TypeKind;

struct TableColumn {
  std::string name, type;
  bool not_null, has_default, hidden;
  int64_t key;  ///< place in the primary key, from 1; 0: not in it
};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
std::string lowered(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), lower);
  return text;
}
/// Names in SQLite ignore the case of ASCII letters.
bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string text_at(sqlite3_stmt* row, int column) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(row, column));
  return text == nullptr ? std::string() : std::string(text, static_cast<size_t>(sqlite3_column_bytes(row, column)));
}

/// Runs a query with one text parameter.
template <typename Each>
std::optional<Fault> query(Connection& connection, const std::string& sql, std::string_view parameter, Each&& each) {
  constexpr std::string_view doing = "read the table's definition";
  Statement statement;
  if (auto fault = connection.prepare(sql, doing, statement)) return fault;
  sqlite3_bind_text(statement.get(), 1, parameter.data(), static_cast<int>(parameter.size()), SQLITE_STATIC);
  while (true) {
    const int code = sqlite3_step(statement.get());
    if (code == SQLITE_DONE) return std::nullopt;
    if (code != SQLITE_ROW) return connection.fault(connection.last_code(), doing);
    each(statement.get());
  }
}

/// How SQLite treats what is stored in a column of this declared type; its own five rules, in its own order.
std::string affinity(const std::string& declared) {
  const std::string type = lowered(declared);
  const auto has = [&](const char* part) { return type.find(part) != std::string::npos; };
  if (has("int")) return "INTEGER";
  if (has("char") || has("clob") || has("text")) return "TEXT";
  if (has("blob") || type.empty()) return "BLOB";
  if (has("real") || has("floa") || has("doub")) return "REAL";
  return "NUMERIC";
}

/// Whether a value of this type comes back as it was stored.
bool keeps(const std::string& affinity, TypeKind kind) {
  if (affinity == "BLOB") return true;
  switch (kind) {
    case TypeKind::text:
    case TypeKind::json:
    case TypeKind::jsonb:
    case TypeKind::numeric:
      return affinity == "TEXT";
    case TypeKind::timestamptz:
      return affinity == "TEXT" || affinity == "NUMERIC";
    case TypeKind::bigint:
    case TypeKind::integer:
    case TypeKind::boolean:
      return affinity == "INTEGER" || affinity == "NUMERIC";
    case TypeKind::double_precision:
      return affinity == "REAL" || affinity == "NUMERIC";
  }
  return false;
}

Fault mismatch(const Connection& connection, const Settings& settings, const std::string& why) {
  return {Blame::person, SQLITE_ERROR, "table " + settings.table + " in " + connection.path() + " " + why};
}

std::optional<Fault> check_columns(const Connection& connection, const Settings& settings,
                                   const std::vector<TableColumn>& found) {
  for (const columns::Column& column : settings.mapping.columns()) {
    const auto there = std::find_if(found.begin(), found.end(),
                                    [&](const TableColumn& each) { return same_name(each.name, column.name); });
    if (there == found.end()) {
      return mismatch(connection, settings, "has no column " + column.name + ": add it, or take it out of columns");
    }
    if (there->hidden) {
      return mismatch(connection, settings, "computes its column " + column.name + " itself: take it out of columns");
    }
    const std::string kept_as = affinity(there->type);
    if (!keeps(kept_as, column.type.kind)) {
      return mismatch(connection, settings,
                      "declares column " + column.name + " as " + there->type + ", which would change a " +
                          columns::type_name(column.type) + ": it must be " + std::string(stored_type(column.type)));
    }
    if (column.nullable && there->not_null) {
      return mismatch(connection, settings,
                      "declares column " + column.name + " NOT NULL, and the graph says nullable: true; drop one");
    }
  }
  for (const TableColumn& column : found) {
    const bool row_id = column.key == 1 && lowered(column.type) == "integer";
    const bool mapped = std::any_of(settings.mapping.columns().begin(), settings.mapping.columns().end(),
                                    [&](const columns::Column& each) { return same_name(each.name, column.name); });
    if (!mapped && column.not_null && !column.has_default && !column.hidden && !row_id) {
      return mismatch(connection, settings,
                      "needs a value for column " + column.name +
                          " (NOT NULL, no default), which is not among columns: add it there");
    }
  }
  return std::nullopt;
}

std::vector<std::string> sorted_target(const Settings& settings) {
  std::vector<std::string> names;
  for (const size_t column : settings.conflict) names.push_back(lowered(settings.mapping.columns()[column].name));
  std::sort(names.begin(), names.end());
  return names;
}

std::optional<Fault> check_conflict(Connection& connection, const Settings& settings,
                                    const std::vector<TableColumn>& found) {
  const std::vector<std::string> target = sorted_target(settings);
  std::vector<std::string> key;
  bool row_id = false;
  for (const TableColumn& column : found) {
    if (column.key == 0) continue;
    key.push_back(lowered(column.name));
    row_id = lowered(column.type) == "integer";
  }
  if (row_id && key == target) return std::nullopt;
  std::vector<std::string> indexes;
  if (auto fault = query(connection, "SELECT name FROM pragma_index_list(?) WHERE \"unique\" = 1 AND partial = 0",
                         settings.table, [&](sqlite3_stmt* row) { indexes.push_back(text_at(row, 0)); })) {
    return fault;
  }
  std::optional<std::string> folding;
  for (const std::string& index : indexes) {
    std::vector<std::string> names;
    bool binary = true;
    if (auto fault = query(connection, "SELECT name, coll FROM pragma_index_xinfo(?) WHERE key = 1", index,
                           [&](sqlite3_stmt* row) {
                             names.push_back(lowered(text_at(row, 0)));
                             binary = binary && same_name(text_at(row, 1), "BINARY");
                           })) {
      return fault;
    }
    std::sort(names.begin(), names.end());
    if (names != target) continue;
    if (binary) return std::nullopt;
    folding = index;
  }
  if (folding) {
    return mismatch(connection, settings,
                    "has the unique index " + *folding +
                        ", whose collation takes different texts for equal and would lose rows: make it BINARY");
  }
  return mismatch(
      connection, settings,
      "has no unique index over " + conflict_names(settings) + ", which conflict needs: " + create_index_sql(settings));
}

std::optional<Fault> create(Connection& connection, const Settings& settings) {
  const std::string doing = "create table " + settings.table;
  if (auto fault = connection.execute(create_table_sql(settings), doing)) return fault;
  if (settings.conflict.empty()) return std::nullopt;
  return connection.execute(create_index_sql(settings), "create the unique index of table " + settings.table);
}

std::optional<Fault> check_or_create(Connection& connection, const Settings& settings) {
  std::string kind;
  if (auto fault = query(connection,
                         "SELECT type FROM sqlite_schema WHERE name = ? COLLATE NOCASE AND type IN ('table', 'view')",
                         settings.table, [&](sqlite3_stmt* row) { kind = text_at(row, 0); })) {
    return fault;
  }
  if (kind.empty()) {
    if (settings.create) return create(connection, settings);
    return mismatch(connection, settings, "does not exist: create it, or say create: true");
  }
  if (kind == "view") return mismatch(connection, settings, "is a view: name a table");
  std::vector<TableColumn> found;
  if (auto fault = query(connection,
                         "SELECT name, type, \"notnull\", dflt_value IS NOT NULL, hidden, pk "
                         "FROM pragma_table_xinfo(?)",
                         settings.table, [&](sqlite3_stmt* row) {
                           found.push_back({text_at(row, 0), text_at(row, 1), sqlite3_column_int(row, 2) != 0,
                                            sqlite3_column_int(row, 3) != 0, sqlite3_column_int(row, 4) != 0,
                                            sqlite3_column_int64(row, 5)});
                         })) {
    return fault;
  }
  if (auto fault = check_columns(connection, settings, found)) return fault;
  if (settings.conflict.empty()) return std::nullopt;
  return check_conflict(connection, settings, found);
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
