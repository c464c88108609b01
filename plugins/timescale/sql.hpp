// SPDX-License-Identifier: Apache-2.0
// Every statement of this plugin that depends on the graph, as text. Names are quoted, whatever they are; values never
// stand in it.
#pragma once
#include <string>
#include <string_view>

#include "settings.hpp"
#include "sluice/columns/sql.hpp"

namespace sluice::timescale {

using columns::quoted_name;
/// The table, with its schema where the graph gives one.
std::string quoted_table(const Settings& settings);
/// "(symbol, trade_id)", for people.
std::string names(const Settings& settings, const std::vector<size_t>& columns);

/// Takes one array a column. A row whose key is there already is left alone; without that unique index, or where
/// another one refuses a row, the statement fails and says so.
/// `casts`: of each column, the type that its text is cast to, or nothing.
using Casts = std::vector<std::string>;
std::string insert_sql(const Settings& settings, const Casts& casts);
/// The same, but a row whose key is there already is refused, too.
std::string plain_insert_sql(const Settings& settings, const Casts& casts);
/// Takes COPY's binary rows; a row that is there already refuses them all. COPY does not need the unique index, so the
/// server is asked for it before.
std::string copy_sql(const Settings& settings);
/// Takes one array a column, then the least and the largest value of each timestamptz of the conflict target; gives the
/// positions, from 1, of the rows that the table does not have with the same compared columns, each with NULL where it
/// does not have the key.
std::string look_up_sql(const Settings& settings, const Casts& casts, const std::vector<size_t>& compared);
/// The timestamptz columns of the conflict target, whose bounds look_up_sql takes.
std::vector<size_t> bounded_columns(const Settings& settings);

std::string create_table_sql(const Settings& settings);
std::string create_index_sql(const Settings& settings, const std::vector<size_t>& columns, bool unique);
/// `schema` is where the extension's functions are.
std::string create_hypertable_sql(const Settings& settings, std::string_view schema);

}  // namespace sluice::timescale
