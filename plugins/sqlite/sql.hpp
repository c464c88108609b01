// SPDX-License-Identifier: Apache-2.0
// The SQL text of one sink. Every name from the graph is quoted here and nowhere else; values are always bound, never
// part of the text. SQLite has no decimals and no times: numeric is TEXT in canonical form with its declared scale
// ('61837.63000000'), because REAL would round it and INTEGER cannot hold twenty digits; timestamptz is TEXT in RFC
// 3339, UTC, with microseconds ('2024-08-08T23:54:13.123456Z'), which sorts by time, timestamp the same without the Z,
// and date '2024-08-08'; boolean is 0 or 1.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "settings.hpp"
#include "sluice/columns/sql.hpp"

namespace sluice::sqlite {

using columns::quoted_name;
/// The type a column is created with.
std::string_view stored_type(const columns::Type& type);

std::string create_table_sql(const Settings& settings);
std::string create_index_sql(const Settings& settings);
/// Parameters are the mapping's columns in order.
std::string insert_sql(const Settings& settings);
/// The columns of the mapping that are not in the conflict target.
std::vector<size_t> value_columns(const Settings& settings);
/// Whether the row of a key has these values. Parameters are the value columns in order, then the conflict target's.
std::string lookup_sql(const Settings& settings);
/// (symbol, trade_id), for messages.
std::string conflict_names(const Settings& settings);

}  // namespace sluice::sqlite
