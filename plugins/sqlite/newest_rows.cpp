// SPDX-License-Identifier: Apache-2.0
#include "newest_rows.hpp"

#include <chrono>
#include <thread>

#include "catalog.hpp"
#include "connection.hpp"
#include "sql.hpp"

namespace sluice::sqlite {
namespace {

constexpr std::chrono::milliseconds between_looks{20};
constexpr std::string_view doing = "read what was stored last";

/// From one key to the next one behind it, and the greatest number of a key. Parameters are the texts of a key.
struct Sql {
  std::string first, next, greatest;
};

Sql make_sql(const Settings& settings, const columns::Newest& newest) {
  const std::string table = quoted_name(settings.table);
  const size_t count = newest.keys().size();
  const auto name = [&](size_t i) { return quoted_name(settings.mapping.columns()[newest.keys()[i]].name); };
  const std::string names = columns::joined(count, ", ", name);
  const std::string parameters = columns::joined(count, ", ", [](size_t i) { return "?" + std::to_string(i + 1); });
  const std::string in_order = " ORDER BY " + names + " LIMIT 1";
  Sql sql;
  sql.first = "SELECT " + names + " FROM " + table + in_order;
  sql.next = "SELECT " + names + " FROM " + table + " WHERE (" + names + ") > (" + parameters + ")" + in_order;
  sql.greatest = "SELECT max(" + quoted_name(settings.mapping.columns()[newest.order()].name) + ") FROM " + table;
  if (count > 0)
    sql.greatest +=
        " WHERE " + columns::joined(count, " AND ", [&](size_t i) { return name(i) + " = ?" + std::to_string(i + 1); });
  return sql;
}

using Row = std::vector<std::string>;

/// The first row as text; nothing: there is none, or its first value is NULL.
std::optional<Fault> ask(Connection& connection, const std::string& sql, const Row& parameters,
                         std::optional<Row>& row) {
  row.reset();
  Statement statement;
  if (auto fault = connection.prepare(sql, doing, statement)) return fault;
  for (size_t i = 0; i < parameters.size(); ++i) {
    sqlite3_bind_text64(statement.get(), static_cast<int>(i) + 1, parameters[i].data(), parameters[i].size(),
                        SQLITE_STATIC, SQLITE_UTF8);
  }
  const int code = sqlite3_step(statement.get());
  if (code == SQLITE_DONE) return std::nullopt;
  if (code != SQLITE_ROW) return connection.fault(connection.last_code(), doing);
  if (sqlite3_column_type(statement.get(), 0) == SQLITE_NULL) return std::nullopt;
  row.emplace();
  for (int i = 0; i < sqlite3_column_count(statement.get()); ++i) {
    const void* text = sqlite3_column_text(statement.get(), i);
    row->emplace_back(static_cast<const char*>(text == nullptr ? "" : text),
                      static_cast<size_t>(sqlite3_column_bytes(statement.get(), i)));
  }
  return std::nullopt;
}

}  // namespace

Result<void> read_newest_rows(Context context, const Settings& settings, const sluice_tail_query& query,
                              TailTaker& taker) {
  const Result<columns::Newest> newest = columns::Newest::find(settings.mapping, settings.conflict, query);
  if (!newest) {
    Error error = newest.error();
    error.message = "cannot find the newest rows of table " + settings.table + ": " + error.message;
    return error;
  }
  Connection connection(settings.path, [&taker](int) {
    std::this_thread::sleep_for(between_looks);
    return taker.is_wanted();
  });
  if (const auto fault = connection.open(false, settings.full_sync)) return to_error(*fault);
  std::optional<TableFacts> table;
  if (const auto fault = read_table(connection, settings.table, table)) return to_error(*fault);
  // Before the first run there is no table yet.
  if (!table) return {};
  const Sql sql = make_sql(settings, *newest);
  const bool has_keys = !newest->keys().empty();
  std::optional<Row> key = Row();
  if (has_keys) {
    if (const auto fault = ask(connection, sql.first, {}, key)) return to_error(*fault);
  }
  while (key && taker.is_wanted()) {
    std::optional<Row> number;
    if (const auto fault = ask(connection, sql.greatest, *key, number)) return to_error(*fault);
    if (number) {
      const std::string payload = newest->payload(*key, number->front());
      if (taker.give("", columns::batch_of(context, {&payload, 1})) == TailWants::enough) break;
    }
    if (!has_keys) break;
    const Row before = *key;
    if (const auto fault = ask(connection, sql.next, before, key)) return to_error(*fault);
  }
  return {};
}

}  // namespace sluice::sqlite
