// SPDX-License-Identifier: Apache-2.0
// What a graph says about one timescale sink, typed and checked: the option table is its one source. Pure; opens
// nothing, and no sentence of it shows the url or the password.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "conninfo.hpp"
#include "sluice/columns/mapping.hpp"
#include "sluice/columns/options.hpp"

namespace sluice::timescale {

inline constexpr int64_t second_ns = 1'000'000'000;

inline constexpr sluice_option index_column = option::text("column", "A column of the mapping.");
inline constexpr sluice_option index_columns =
    option::list("columns", "The columns of one index, in order.", index_column).between(1, 32);
inline constexpr sluice_option hypertable_fields[] = {
    option::text("time", "The column that divides the table into chunks: a timestamptz, timestamp or date.")
        .required()
        .such_as("event_time"),
    option::duration("chunk", "The time span of one chunk.")
        .or_else("1d")
        .between(second_ns, int64_t{36'500} * 86'400 * second_ns),
};
inline constexpr sluice_str methods[] = {to_str("insert"), to_str("copy")};
inline constexpr sluice_option options[] = {
    option::text("url", "The database: postgresql://USER@HOST:PORT/DATABASE, with libpq's parameters after a ?.")
        .required()
        .secret()
        .such_as("${TIMESCALE_URL}"),
    option::text("password", "The password, if it is not in the url.")
        .secret()
        .such_as("${file:/run/secrets/database}"),
    option::text("table", "The table to write to, with or without its schema.").required().such_as("public.trades"),
    columns::columns_option,
    columns::conflict_option,
    option::boolean("create", "Create a missing table with its indexes.").or_else("false"),
    option::object(
        "hypertable",
        "The table is a hypertable. With create, a missing one is created. Without TimescaleDB, the table is an "
        "ordinary table.",
        hypertable_fields)
        .such_as("{ time: event_time, chunk: 1d }"),
    option::list("indexes", "Further indexes of a created table, each a list of columns.", index_columns)
        .between(1, 32)
        .such_as("[[symbol, event_time]]"),
    option::choice(
        "method",
        "insert: one INSERT ... ON CONFLICT DO NOTHING per batch, in one round trip. copy: COPY, at about half the "
        "cost per row for the server. If COPY refuses a batch, because a row exists already or is bad, the batch goes "
        "by INSERT.",
        methods)
        .or_else("insert"),
    option::duration("statement_timeout", "Limit for one statement, including lock waits.")
        .or_else("30s")
        .between(second_ns / 10, int64_t{86'400} * second_ns)
        .advanced(),
    option::duration("connect_timeout", "Limit for one attempt to connect.")
        .or_else("5s")
        .between(second_ns / 10, int64_t{3'600} * second_ns)
        .advanced(),
    option::count("max_in_flight", "Batches that may wait for the database at once.")
        .or_else("4")
        .between(1, 64)
        .advanced(),
};

struct Hypertable {
  size_t time = 0;  ///< position in the mapping
  int64_t chunk_ns = 0;
};

struct Settings {
  Conninfo conninfo;
  std::string schema;  ///< empty: by the search path
  std::string table;
  columns::Mapping mapping;
  std::vector<size_t> conflict;  ///< positions in the mapping; empty: no conflict target
  bool create = false;
  bool copies = false;  ///< method: copy
  std::optional<Hypertable> hypertable;
  std::vector<std::vector<size_t>> indexes;
  int64_t statement_timeout_ns = 0;
  int64_t connect_timeout_ns = 0;
  int64_t max_in_flight = 0;

  /// As a user wrote it, for sentences.
  std::string table_name() const { return schema.empty() ? table : schema + "." + table; }
  const columns::Column& column(size_t position) const { return mapping.columns()[position]; }
};

/// An error is the first problem. A description gets every problem at its place.
Result<Settings> read_settings(Config config, Description* description = nullptr);

}  // namespace sluice::timescale
