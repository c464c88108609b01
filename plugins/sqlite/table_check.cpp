// SPDX-License-Identifier: Apache-2.0
#include "table_check.hpp"

#include <algorithm>

#include "sql.hpp"

namespace sluice::sqlite {
namespace {

using columns::TypeKind;

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
    case TypeKind::timestamp:
    case TypeKind::date:
      return affinity == "TEXT" || affinity == "NUMERIC";
    case TypeKind::bigint:
    case TypeKind::integer:
    case TypeKind::smallint:
    case TypeKind::boolean:
      return affinity == "INTEGER" || affinity == "NUMERIC";
    case TypeKind::double_precision:
    case TypeKind::real:
      return affinity == "REAL" || affinity == "NUMERIC";
  }
  return false;
}

/// Empty: the column is as it must be.
std::string column_fault(const columns::Column& column, const std::vector<TableColumn>& found) {
  const auto there = std::find_if(found.begin(), found.end(),
                                  [&](const TableColumn& each) { return same_name(each.name, column.name); });
  if (there == found.end()) return "has no column " + column.name + ": add it, or take it out of columns";
  if (there->hidden) return "computes its column " + column.name + " itself: take it out of columns";
  if (!keeps(affinity(there->type), column.type.kind)) {
    return "declares column " + column.name + " as " + there->type + ", which would change a " +
           columns::type_name(column.type) + ": it must be " + std::string(stored_type(column.type));
  }
  if (column.nullable && there->not_null) {
    return "declares column " + column.name + " NOT NULL, and the graph says nullable: true; drop one";
  }
  return {};
}

/// INTEGER PRIMARY KEY: another name of the row's number, unique without an index.
bool is_row_id(const TableColumn& column) { return column.key == 1 && lowered(column.type) == "integer"; }

/// Empty: something keeps rows apart by exactly the columns of the conflict target.
std::string conflict_fault(const Settings& settings, const TableFacts& table) {
  std::vector<std::string> target;
  for (const size_t column : settings.conflict) target.push_back(lowered(settings.mapping.columns()[column].name));
  std::sort(target.begin(), target.end());
  std::vector<std::string> key;
  bool row_id = false;
  for (const TableColumn& column : table.columns) {
    if (column.key == 0) continue;
    key.push_back(lowered(column.name));
    row_id = is_row_id(column);
  }
  if (row_id && key == target) return {};
  std::string folding;
  for (const UniqueIndex& index : table.unique_indexes) {
    if (index.columns != target) continue;
    if (index.binary) return {};
    folding = index.name;
  }
  if (!folding.empty()) {
    return "has the unique index " + folding +
           ", whose collation takes different texts for equal and would lose rows: make it BINARY";
  }
  return "has no unique index over " + conflict_names(settings) +
         ", which conflict needs: " + create_index_sql(settings);
}

}  // namespace

std::vector<Finding> check_table(const Settings& settings, const std::string& path,
                                 const std::optional<TableFacts>& table) {
  using Where = Finding::Where;
  std::vector<Finding> findings;
  const auto find = [&](Where where, const std::string& why, size_t column = 0) {
    if (why.empty()) return;
    const bool has_other_name = table && table->name != settings.table;
    findings.push_back(
        {where, column,
         "table " + settings.table + " in " + path +
             (has_other_name ? " (there as " + table->name + ", because SQLite ignores the case of names) " : " ") +
             why});
  };
  if (!table) {
    if (!settings.create) find(Where::table, "does not exist: create it, or say create: true");
    return findings;
  }
  if (table->is_view) {
    find(Where::table, "is a view: name a table");
    return findings;
  }
  const std::vector<columns::Column>& mapped = settings.mapping.columns();
  for (size_t i = 0; i < mapped.size(); ++i) find(Where::column, column_fault(mapped[i], table->columns), i);
  for (const TableColumn& column : table->columns) {
    const bool is_mapped = std::any_of(mapped.begin(), mapped.end(),
                                       [&](const columns::Column& each) { return same_name(each.name, column.name); });
    if (!is_mapped && column.not_null && !column.has_default && !column.hidden && !is_row_id(column)) {
      find(Where::columns, "needs a value for column " + column.name +
                               " (NOT NULL, no default), which is not among columns: add it there");
    }
  }
  if (!settings.conflict.empty()) find(Where::conflict, conflict_fault(settings, *table));
  return findings;
}

}  // namespace sluice::sqlite
