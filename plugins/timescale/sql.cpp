// SPDX-License-Identifier: Apache-2.0
#include "sql.hpp"

#include <algorithm>

#include "wire_type.hpp"

namespace sluice::timescale {
namespace {

using columns::joined;

std::string column_list(const Settings& settings, const std::vector<size_t>& columns) {
  return joined(columns.size(), ", ", [&](size_t i) { return quoted_name(settings.column(columns[i]).name); });
}

std::string parameter(size_t number, std::string_view type) {
  return "$" + std::to_string(number) + "::" + std::string(type);
}

std::string array_parameter(const Settings& settings, size_t number, size_t column) {
  return parameter(number, wire_type(settings.column(column).type.kind).name) + "[]";
}

std::string into_table(const Settings& settings) {
  return quoted_table(settings) + " (" +
         joined(settings.mapping.size(), ", ", [&](size_t i) { return quoted_name(settings.column(i).name); }) + ")";
}

std::string cast(std::string value, const std::string& type) { return type.empty() ? value : value + "::" + type; }

std::string on_conflict(const Settings& settings) {
  return settings.conflict.empty() ? "" : " ON CONFLICT (" + column_list(settings, settings.conflict) + ") DO NOTHING";
}

std::string literal(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

}  // namespace

std::string quoted_table(const Settings& settings) {
  return (settings.schema.empty() ? "" : quoted_name(settings.schema) + ".") + quoted_name(settings.table);
}

std::string names(const Settings& settings, const std::vector<size_t>& columns) {
  return "(" + joined(columns.size(), ", ", [&](size_t i) { return settings.column(columns[i]).name; }) + ")";
}

std::string plain_insert_sql(const Settings& settings, const Casts& casts) {
  const size_t count = settings.mapping.size();
  const auto name = [](size_t i) { return "c" + std::to_string(i + 1); };
  const bool casts_none = std::all_of(casts.begin(), casts.end(), [](const std::string& each) { return each.empty(); });
  const std::string values = casts_none ? "*" : joined(count, ", ", [&](size_t i) { return cast(name(i), casts[i]); });
  return "INSERT INTO " + into_table(settings) + " SELECT " + values + " FROM unnest(" +
         joined(count, ", ", [&](size_t i) { return array_parameter(settings, i + 1, i); }) + ")" +
         (casts_none ? "" : " AS u(" + joined(count, ", ", name) + ")");
}

std::string insert_sql(const Settings& settings, const Casts& casts) {
  return plain_insert_sql(settings, casts) + on_conflict(settings);
}

std::string copy_sql(const Settings& settings) {
  const std::string copy = "COPY " + into_table(settings) + " FROM STDIN (FORMAT binary)";
  if (settings.conflict.empty()) return copy;
  const std::string key = column_list(settings, settings.conflict);
  const std::string table = quoted_table(settings);
  // To explain a statement plans it, for which the index must be there, and does nothing else.
  return "EXPLAIN INSERT INTO " + table + " (" + key + ") SELECT " + key + " FROM " + table + " WHERE false" +
         on_conflict(settings) + "; " + copy;
}

std::vector<size_t> bounded_columns(const Settings& settings) {
  std::vector<size_t> bounded;
  for (const size_t column : settings.conflict) {
    if (columns::is_time(settings.column(column).type.kind)) bounded.push_back(column);
  }
  return bounded;
}

std::string look_up_sql(const Settings& settings, const Casts& casts, const std::vector<size_t>& compared) {
  const size_t count = settings.mapping.size();
  const std::vector<size_t> bounded = bounded_columns(settings);
  const auto name = [](size_t i) { return "c" + std::to_string(i + 1); };
  // Cast as well, because a domain over an enum has no equality with the enum.
  const auto in_table = [&](size_t i) { return cast("t." + quoted_name(settings.column(i).name), casts[i]); };
  const auto in_row = [&](size_t i) { return cast("k." + name(i), casts[i]); };
  const std::string same = joined(compared.size(), " AND ", [&](size_t i) {
    const size_t column = compared[i];
    // json alone has no equality.
    const char* const as = settings.column(column).type.kind == columns::TypeKind::json ? "::text" : "";
    return in_table(column) + as + " IS NOT DISTINCT FROM " + in_row(column) + as;
  });
  // The LIMIT keeps this one index probe a key; the bounds let a server pass over chunks and partitions.
  std::string sql = "SELECT k.n, f.same FROM unnest(" +
                    joined(count, ", ", [&](size_t i) { return array_parameter(settings, i + 1, i); }) +
                    ") WITH ORDINALITY AS k(" + joined(count, ", ", name) + ", n) LEFT JOIN LATERAL (SELECT " +
                    (same.empty() ? "true" : same) + " AS same FROM " + quoted_table(settings) + " AS t WHERE " +
                    joined(settings.conflict.size(), " AND ", [&](size_t i) {
                      return in_table(settings.conflict[i]) + " = " + in_row(settings.conflict[i]);
                    });
  for (size_t i = 0; i < bounded.size(); ++i) {
    const std::string_view type = wire_type(settings.column(bounded[i]).type.kind).name;
    sql += " AND " + in_table(bounded[i]) + " BETWEEN " + parameter(count + 2 * i + 1, type) + " AND " +
           parameter(count + 2 * i + 2, type);
  }
  return sql + " LIMIT 1) AS f ON true WHERE f.same IS NOT TRUE";
}

std::string create_table_sql(const Settings& settings) {
  return "CREATE TABLE " + quoted_table(settings) + " (" +
         joined(settings.mapping.size(), ", ",
                [&](size_t i) {
                  const columns::Column& column = settings.column(i);
                  return quoted_name(column.name) + " " + columns::type_name(column.type) +
                         (column.nullable ? "" : " NOT NULL");
                }) +
         ")";
}

std::string create_index_sql(const Settings& settings, const std::vector<size_t>& columns, bool unique) {
  return std::string(unique ? "CREATE UNIQUE INDEX ON " : "CREATE INDEX ON ") + quoted_table(settings) + " (" +
         column_list(settings, columns) + ")";
}

std::string create_hypertable_sql(const Settings& settings, std::string_view schema) {
  return "SELECT " + quoted_name(schema) + ".create_hypertable(" + literal(quoted_table(settings)) + ", " +
         literal(settings.column(settings.hypertable->time).name) + ", chunk_time_interval => interval '" +
         std::to_string(settings.hypertable->chunk_ns / 1000) + " microseconds', create_default_indexes => false)";
}

}  // namespace sluice::timescale
