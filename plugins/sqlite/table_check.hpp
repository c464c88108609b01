// SPDX-License-Identifier: Apache-2.0
// Whether a table can keep what the graph says: a pure comparison of facts, all findings at once, each with the option
// it concerns. The sink asks it before its first write, `validate --connect` shows what it says. Changes nothing.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "catalog.hpp"
#include "settings.hpp"

namespace sluice::sqlite {

struct Finding {
  enum class Where { table, columns, column, conflict };
  Where where = Where::table;
  size_t column = 0;     ///< position in the mapping, of Where::column
  std::string sentence;  ///< names the table and the file
};

/// `table` is empty where there is none; that is a finding only if it is not to be created. `path` is for sentences.
std::vector<Finding> check_table(const Settings& settings, const std::string& path,
                                 const std::optional<TableFacts>& table);

}  // namespace sluice::sqlite
