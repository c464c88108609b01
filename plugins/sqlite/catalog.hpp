// SPDX-License-Identifier: Apache-2.0
// What a database says of one table: its columns, and what keeps its rows apart. Facts only, of SQLite's own pragmas;
// whether they fit the graph is in table_check.hpp. Reads and never writes.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connection.hpp"

namespace sluice::sqlite {

struct TableColumn {
  std::string name, type;  ///< as declared
  bool not_null, has_default, hidden;
  int64_t key;  ///< place in the primary key, from 1; 0: not in it
};
/// Not partial.
struct UniqueIndex {
  std::string name;
  std::vector<std::string> columns;  ///< in lower case, sorted
  bool binary = true;                ///< every column by its bytes; false: different texts may be equal
};
struct TableFacts {
  std::string name;  ///< as the database has it
  bool is_view = false;
  std::vector<TableColumn> columns;
  std::vector<UniqueIndex> unique_indexes;
};

/// Names in SQLite ignore the case of ASCII letters, and of no others.
std::string lowered(std::string text);
bool same_name(std::string_view a, std::string_view b);

/// `facts` stays empty where there is no such table.
std::optional<Fault> read_table(Connection& connection, const std::string& table, std::optional<TableFacts>& facts);

}  // namespace sluice::sqlite
