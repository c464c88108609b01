// SPDX-License-Identifier: Apache-2.0
// What a graph says about one sqlite sink, typed and checked: the option table is its one source. Pure; opens nothing.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "sluice/columns/mapping.hpp"
#include "sluice/columns/options.hpp"

namespace sluice::sqlite {

inline constexpr sluice_str synchronous_choices[] = {to_str("full"), to_str("normal")};
inline constexpr sluice_option options[] = {
    option::text("path", "The database file. It is created if missing.")
        .or_else("sluice.db")
        .such_as("${SQLITE_PATH:-sluice.db}"),
    option::text("table", "The table to write to.").required().such_as("trades"),
    columns::columns_option,
    columns::conflict_option,
    option::boolean("create", "Create a missing file, table and unique index.").or_else("true"),
    option::choice("synchronous",
                   "full: delivered records survive a power failure. normal: they survive the end of the process.",
                   synchronous_choices)
        .or_else("full"),
    option::duration("busy_timeout", "How long another program may hold the database before this node reports it.")
        .or_else("5s")
        .between(0, int64_t{3'600'000'000'000})
        .advanced(),
    option::count("max_in_flight", "Batches that may wait for the database at once.")
        .or_else("4")
        .between(1, 64)
        .advanced(),
};

struct Settings {
  std::string path;
  std::string table;
  columns::Mapping mapping;
  std::vector<size_t> conflict;  ///< positions in the mapping; empty: no conflict target
  bool create = true;
  bool full_sync = true;
  int64_t busy_timeout_ns = 0;
  int64_t max_in_flight = 4;
};

/// An error is the first problem. A description gets every problem at its place.
Result<Settings> read_settings(Config config, Description* description = nullptr);

}  // namespace sluice::sqlite
