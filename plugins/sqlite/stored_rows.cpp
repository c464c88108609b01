// SPDX-License-Identifier: Apache-2.0
#include "stored_rows.hpp"

#include <chrono>
#include <filesystem>
#include <thread>

#include "catalog.hpp"
#include "connection.hpp"
#include "sluice/columns/stored.hpp"
#include "sluice/columns/time.hpp"
#include "sluice/scan_rows.hpp"
#include "sql.hpp"

namespace sluice::sqlite {
namespace {

constexpr std::chrono::milliseconds between_looks{20};

/// No index is used: that would give the rows in another order than the one they were written in.
std::string select_sql(const Settings& settings, const columns::Stored& stored, bool has_row_id) {
  const auto name = [&](size_t i) { return quoted_name(settings.mapping.columns()[stored.parts()[i].column].name); };
  return "SELECT " + std::string(has_row_id ? "rowid" : "-1") + ", " +
         columns::joined(stored.parts().size(), ", ", name) + " FROM " + quoted_name(settings.table) +
         (has_row_id ? " NOT INDEXED" : "");
}

class Row {
 public:
  Row(sqlite3_stmt* statement, const columns::Stored& stored)
      : statement_(statement), stored_(stored), values_(stored.parts().size()), times_(stored.parts().size()) {}

  void append(std::string& json) {
    for (size_t i = 0; i < values_.size(); ++i) read(i);
    stored_.append(values_, json);
  }

 private:
  void read(size_t i) {
    const int column = static_cast<int>(i) + 1;
    const void* text = sqlite3_column_text(statement_, column);
    values_[i].reset();
    if (text == nullptr) return;
    values_[i] = {static_cast<const char*>(text), static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
    if (!stored_.parts()[i].is_time()) return;
    // A timestamp is kept without the Z.
    times_[i] = *values_[i];
    if (!times_[i].ends_with('Z')) times_[i] += 'Z';
    const std::optional<int64_t> time = columns::parse_rfc3339_us(times_[i]);
    values_[i].reset();
    if (!time) return;
    times_[i] = std::to_string(*time);
    values_[i] = times_[i];
  }

  sqlite3_stmt* const statement_;
  const columns::Stored& stored_;
  std::vector<std::optional<std::string_view>> values_;
  std::vector<std::string> times_;
};

}  // namespace

Result<void> read_stored_rows(const Settings& settings, const ScanQuery& query, ScanTaker& taker) {
  const columns::Stored stored(settings.mapping, query.fields());
  if (stored.parts().empty()) return {};
  const std::string path = std::filesystem::absolute(settings.path).string();
  std::error_code none;
  // Before the first run there is neither file nor table.
  if (!std::filesystem::exists(path, none)) return {};
  const std::string doing = "read table " + settings.table;
  Connection connection(path, [&taker](int) {
    std::this_thread::sleep_for(between_looks);
    return taker.is_wanted();
  });
  const bool in_use = std::filesystem::exists(path + "-wal", none) || std::filesystem::exists(path + "-journal", none);
  if (const auto fault = connection.open_to_look(in_use)) return to_error(*fault);
  std::optional<TableFacts> table;
  if (const auto fault = read_table(connection, settings.table, table)) return to_error(*fault);
  if (!table) return {};
  Statement statement;
  // A view or a table without row ids keeps no order.
  if (connection.prepare(select_sql(settings, stored, true), doing, statement)) {
    if (const auto fault = connection.prepare(select_sql(settings, stored, false), doing, statement)) {
      return to_error(*fault);
    }
  }
  ScanRows rows(taker);
  Row row(statement.get(), stored);
  int code = SQLITE_ROW;
  while ((code = sqlite3_step(statement.get())) == SQLITE_ROW) {
    row.append(rows.text());
    if (!rows.row(sqlite3_column_int64(statement.get(), 0))) return {};
  }
  rows.flush();
  if (code != SQLITE_DONE) return to_error(connection.fault(connection.last_code(), doing));
  return {};
}

}  // namespace sluice::sqlite
