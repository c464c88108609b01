// SPDX-License-Identifier: Apache-2.0
#include "catalog.hpp"

#include <algorithm>

namespace sluice::sqlite {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

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

std::optional<Fault> read_indexes(Connection& connection, const std::string& table, std::vector<UniqueIndex>& indexes) {
  if (auto fault = query(connection, "SELECT name FROM pragma_index_list(?) WHERE \"unique\" = 1 AND partial = 0",
                         table, [&](sqlite3_stmt* row) {
                           indexes.push_back({text_at(row, 0), {}});
                         })) {
    return fault;
  }
  for (UniqueIndex& index : indexes) {
    if (auto fault = query(connection, "SELECT name, coll FROM pragma_index_xinfo(?) WHERE key = 1", index.name,
                           [&](sqlite3_stmt* row) {
                             index.columns.push_back(lowered(text_at(row, 0)));
                             index.binary = index.binary && same_name(text_at(row, 1), "BINARY");
                           })) {
      return fault;
    }
    std::sort(index.columns.begin(), index.columns.end());
  }
  return std::nullopt;
}

}  // namespace

std::string lowered(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), lower);
  return text;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<Fault> read_table(Connection& connection, const std::string& table, std::optional<TableFacts>& facts) {
  std::string kind, name;
  if (auto fault = query(connection,
                         "SELECT type, name FROM sqlite_schema WHERE name = ? COLLATE NOCASE AND type IN "
                         "('table', 'view')",
                         table, [&](sqlite3_stmt* row) {
                           kind = text_at(row, 0);
                           name = text_at(row, 1);
                         })) {
    return fault;
  }
  if (kind.empty()) return std::nullopt;
  facts.emplace();
  facts->name = std::move(name);
  facts->is_view = kind == "view";
  if (facts->is_view) return std::nullopt;
  if (auto fault = query(connection,
                         "SELECT name, type, \"notnull\", dflt_value IS NOT NULL, hidden, pk "
                         "FROM pragma_table_xinfo(?)",
                         table, [&](sqlite3_stmt* row) {
                           facts->columns.push_back({text_at(row, 0), text_at(row, 1), sqlite3_column_int(row, 2) != 0,
                                                     sqlite3_column_int(row, 3) != 0, sqlite3_column_int(row, 4) != 0,
                                                     sqlite3_column_int64(row, 5)});
                         })) {
    return fault;
  }
  return read_indexes(connection, table, facts->unique_indexes);
}

}  // namespace sluice::sqlite
