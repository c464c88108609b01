// SPDX-License-Identifier: Apache-2.0
#include "table_writer.hpp"

#include <algorithm>

#include "catalog.hpp"
#include "schema.hpp"
#include "sluice/columns/time.hpp"
#include "sql.hpp"

namespace sluice::sqlite {

std::optional<Fault> TableWriter::prepare() {
  doing_ = "write to table " + settings_.table;
  times_.resize(settings_.mapping.size() * columns::rfc3339_us_size);
  values_ = value_columns(settings_);
  if (auto fault = ensure_table(connection_, settings_)) return fault;
  if (auto fault = connection_.prepare(insert_sql(settings_), doing_, insert_)) return fault;
  if (settings_.conflict.empty()) return std::nullopt;
  return connection_.prepare(lookup_sql(settings_), doing_, lookup_);
}

void TableWriter::bind(sqlite3_stmt* statement, int parameter, const columns::Value& value, size_t column) {
  using columns::ValueKind;
  switch (value.kind) {
    case ValueKind::null:
      sqlite3_bind_null(statement, parameter);
      break;
    case ValueKind::text:
    case ValueKind::decimal:
      // An empty view may have no address, which SQLite would take for NULL.
      sqlite3_bind_text64(statement, parameter, value.text.empty() ? "" : value.text.data(), value.text.size(),
                          SQLITE_STATIC, SQLITE_UTF8);
      break;
    case ValueKind::integer:
    case ValueKind::boolean:
      sqlite3_bind_int64(statement, parameter, value.integer);
      break;
    case ValueKind::real:
      sqlite3_bind_double(statement, parameter, value.real);
      break;
    case ValueKind::time: {
      char* const text = times_.data() + column * columns::rfc3339_us_size;
      columns::write_rfc3339_us(value.integer, text);
      // A timestamp has no zone: it goes without the Z.
      const bool has_zone = settings_.mapping.columns()[column].type.kind == columns::TypeKind::timestamptz;
      sqlite3_bind_text(statement, parameter, text, columns::rfc3339_us_size - (has_zone ? 0 : 1), SQLITE_STATIC);
      break;
    }
    case ValueKind::date: {
      char* const text = times_.data() + column * columns::rfc3339_us_size;
      columns::write_date(value.integer, text);
      sqlite3_bind_text(statement, parameter, text, columns::date_size, SQLITE_STATIC);
      break;
    }
  }
}

/// The row was refused. SQLite names the columns of a constraint: "UNIQUE constraint failed: trades.symbol, trades.id".
Stored TableWriter::failed(std::optional<Fault>& fault) const {
  const int code = connection_.last_code();
  std::vector<std::string> columns;
  for (const std::string& each : connection_.constraint_columns(settings_.table)) columns.push_back(lowered(each));
  if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY) {
    // The statement itself lets what is there be there: it was a trigger that gave the row another key, which is there.
    std::vector<std::string> target;
    for (const size_t column : settings_.conflict) target.push_back(lowered(settings_.mapping.columns()[column].name));
    std::sort(target.begin(), target.end());
    std::sort(columns.begin(), columns.end());
    if (!target.empty() && columns == target) return Stored::already_there;
  }
  fault = connection_.fault(code, doing_);
  if (code == SQLITE_CONSTRAINT_NOTNULL && columns.size() == 1) {
    const auto& mapped = settings_.mapping.columns();
    const bool is_mapped = std::any_of(mapped.begin(), mapped.end(),
                                       [&](const columns::Column& each) { return lowered(each.name) == columns[0]; });
    if (!is_mapped) {
      fault->blame = Blame::person;
      fault->code = SQLITE_ERROR;
      fault->sentence += "; give the column a default, or add it to columns";
    }
  }
  return Stored::failed;
}

Stored TableWriter::store(std::span<const columns::Value> row, std::optional<Fault>& fault) {
  for (size_t i = 0; i < row.size(); ++i) bind(insert_.get(), static_cast<int>(i) + 1, row[i], i);
  const int code = sqlite3_step(insert_.get());
  if (code != SQLITE_DONE) {
    const Stored what = failed(fault);
    sqlite3_reset(insert_.get());
    return what;
  }
  const bool inserted = connection_.changes() > 0;
  sqlite3_reset(insert_.get());
  if (inserted) return Stored::inserted;
  if (lookup_ == nullptr) return Stored::dropped;
  int parameter = 0;
  for (const size_t column : values_) bind(lookup_.get(), ++parameter, row[column], column);
  for (const size_t column : settings_.conflict) bind(lookup_.get(), ++parameter, row[column], column);
  const int found = sqlite3_step(lookup_.get());
  const bool is_same = found == SQLITE_ROW && sqlite3_column_int(lookup_.get(), 0) != 0;
  if (found != SQLITE_ROW && found != SQLITE_DONE) fault = connection_.fault(connection_.last_code(), doing_);
  sqlite3_reset(lookup_.get());
  if (fault) return Stored::failed;
  if (found == SQLITE_DONE) return Stored::dropped;
  return is_same ? Stored::already_there : Stored::differs;
}

}  // namespace sluice::sqlite
