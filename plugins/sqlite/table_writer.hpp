// SPDX-License-Identifier: Apache-2.0
// Puts single rows into one table by prepared statements, inside a transaction that somebody else begins and ends, and
// says of each what became of it. A row that was not inserted is looked up by its key: only one that is really there
// counts as there. Values are bound without copies. Belongs to one connection.
#pragma once
#include <span>
#include <vector>

#include "connection.hpp"
#include "settings.hpp"
#include "sluice/columns/rows.hpp"

namespace sluice::sqlite {

enum class Stored : uint8_t {
  inserted,
  already_there,
  differs,  ///< its key is there, with other values in the other columns
  dropped,  ///< SQLite reported success, and the row is not there: a trigger threw it away
  failed,   ///< see the fault
};

class TableWriter {
 public:
  /// The settings must outlive the writer.
  TableWriter(Connection& connection, const Settings& settings) : connection_(connection), settings_(settings) {}
  /// Checks or makes the table, and prepares the statements.
  std::optional<Fault> prepare();
  Stored store(std::span<const columns::Value> row, std::optional<Fault>& fault);

 private:
  Stored failed(std::optional<Fault>& fault) const;
  void bind(sqlite3_stmt* statement, int parameter, const columns::Value& value, size_t column);
  Connection& connection_;
  const Settings& settings_;
  std::string doing_;
  Statement insert_, lookup_;
  std::vector<size_t> values_;  ///< the columns beside those of the key
  std::vector<char> times_;     ///< room for the text of one time a column
};

}  // namespace sluice::sqlite
