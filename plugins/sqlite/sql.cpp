// SPDX-License-Identifier: Apache-2.0
#include "sql.hpp"

#include <algorithm>

namespace sluice::sqlite {
namespace {

using columns::joined;
using columns::TypeKind;

std::string conflict_columns(const Settings& settings) {
  return joined(settings.conflict.size(), ", ",
                [&](size_t i) { return quoted_name(settings.mapping.columns()[settings.conflict[i]].name); });
}

}  // namespace

std::string_view stored_type(const columns::Type& type) {
  switch (type.kind) {
    case TypeKind::bigint:
    case TypeKind::integer:
    case TypeKind::smallint:
    case TypeKind::boolean:
      return "INTEGER";
    case TypeKind::double_precision:
    case TypeKind::real:
      return "REAL";
    case TypeKind::text:
    case TypeKind::numeric:
    case TypeKind::timestamptz:
    case TypeKind::timestamp:
    case TypeKind::date:
    case TypeKind::json:
    case TypeKind::jsonb:
      break;
  }
  return "TEXT";
}

std::string create_table_sql(const Settings& settings) {
  return "CREATE TABLE " + quoted_name(settings.table) + " (\n  " +
         joined(settings.mapping.size(), ",\n  ",
                [&](size_t i) {
                  const columns::Column& column = settings.mapping.columns()[i];
                  return quoted_name(column.name) + " " + std::string(stored_type(column.type)) +
                         (column.nullable ? "" : " NOT NULL");
                }) +
         "\n)";
}

std::string create_index_sql(const Settings& settings) {
  std::string name = settings.table;
  for (const size_t column : settings.conflict) name += "_" + settings.mapping.columns()[column].name;
  return "CREATE UNIQUE INDEX " + quoted_name(name + "_key") + " ON " + quoted_name(settings.table) + " (" +
         conflict_columns(settings) + ")";
}

std::string insert_sql(const Settings& settings) {
  const auto& columns = settings.mapping.columns();
  std::string sql = "INSERT INTO " + quoted_name(settings.table) + " (" +
                    joined(columns.size(), ", ", [&](size_t i) { return quoted_name(columns[i].name); }) +
                    ") VALUES (" + joined(columns.size(), ", ", [](size_t) { return std::string("?"); }) + ")";
  if (!settings.conflict.empty()) sql += " ON CONFLICT (" + conflict_columns(settings) + ") DO NOTHING";
  return sql;
}

std::vector<size_t> value_columns(const Settings& settings) {
  std::vector<size_t> columns;
  for (size_t i = 0; i < settings.mapping.size(); ++i) {
    if (std::find(settings.conflict.begin(), settings.conflict.end(), i) == settings.conflict.end())
      columns.push_back(i);
  }
  return columns;
}

std::string lookup_sql(const Settings& settings) {
  const std::vector<size_t> values = value_columns(settings);
  const std::string same = joined(values.size(), " AND ", [&](size_t i) {
    return quoted_name(settings.mapping.columns()[values[i]].name) + " IS ?";
  });
  return "SELECT " + (same.empty() ? "1" : same) + " FROM " + quoted_name(settings.table) + " WHERE " +
         joined(settings.conflict.size(), " AND ",
                [&](size_t i) { return quoted_name(settings.mapping.columns()[settings.conflict[i]].name) + " = ?"; });
}

std::string conflict_names(const Settings& settings) {
  return "(" +
         joined(settings.conflict.size(), ", ",
                [&](size_t i) { return settings.mapping.columns()[settings.conflict[i]].name; }) +
         ")";
}

}  // namespace sluice::sqlite
