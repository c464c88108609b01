// SPDX-License-Identifier: Apache-2.0
// Whether a server and its table can keep what the graph says: a pure comparison of facts, all findings at once, each
// with the option it concerns. The sink asks it on every new connection, before the first write; `validate --connect`
// shows what it says.
#pragma once
#include <vector>

#include "catalog.hpp"

namespace sluice::timescale {

struct Finding {
  enum class Where { url, table, column, conflict, create, hypertable, indexes };
  Where where = Where::table;
  size_t column = 0;     ///< position in the mapping, of Where::column
  bool warning = false;  ///< the sink works nevertheless
  std::string sentence;
};

/// `table` is empty where there is none.
std::vector<Finding> check(const Settings& settings, const ServerFacts& server, const std::optional<TableFacts>& table);
/// What the text of each column of the mapping is cast to on its way into the table; empty: to nothing.
std::vector<std::string> text_casts(const Settings& settings, const TableFacts& table);
/// The columns beside those of the key that this user may read.
std::vector<size_t> compared_columns(const Settings& settings, const std::optional<TableFacts>& table);
/// Whether COPY may be used: all columns of the mapping are there, in types that read its values as they are.
bool reads_copy(const Settings& settings, const TableFacts& table);

}  // namespace sluice::timescale
