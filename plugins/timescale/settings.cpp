// SPDX-License-Identifier: Apache-2.0
#include "settings.hpp"

#include <algorithm>

namespace sluice::timescale {
namespace {

using Problems = std::vector<columns::Mapping::Problem>;

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

/// PostgreSQL cuts longer names, and would then miss them.
bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= 63 && name.find('\0') == std::string_view::npos;
}

void read_table(Config table, Settings& settings, Problems& problems) {
  const std::string_view text = table.text();
  const size_t dot = text.find('.');
  if (dot != std::string_view::npos) settings.schema = text.substr(0, dot);
  settings.table = dot == std::string_view::npos ? text : text.substr(dot + 1);
  if (!is_name(settings.table) || (dot != std::string_view::npos && !is_name(settings.schema))) {
    problems.push_back({table, quoted(text) + " cannot be a table's name: write TABLE or SCHEMA.TABLE, each of 1 to 63 "
                                              "bytes and without a NUL character"});
  }
}

void check_column_names(Config columns, const Settings& settings, Problems& problems) {
  for (size_t i = 0; i < settings.mapping.size(); ++i) {
    if (is_name(settings.column(i).name)) continue;
    problems.push_back({columns[i], "column " + quoted(settings.column(i).name) +
                                        " has a name of more than 63 bytes, which PostgreSQL would cut"});
  }
}

void read_hypertable(Config config, Settings& settings, Problems& problems) {
  if (!config) return;
  const Config time = config["time"];
  const std::optional<size_t> found = settings.mapping.find(time.text());
  if (!found) {
    problems.push_back({time, "hypertable names " + quoted(time.text()) + ", which is not among the columns"});
    return;
  }
  const columns::Column& column = settings.column(*found);
  if (!columns::is_time(column.type.kind) || column.nullable) {
    problems.push_back(
        {time, "hypertable names " + quoted(column.name) +
                   ", which must be a timestamptz, timestamp or date that is not nullable, so that every "
                   "row has a chunk"});
  }
  constexpr int64_t day_ns = 86'400 * second_ns;
  if (column.type.kind == columns::TypeKind::date && config["chunk"].nanoseconds() % day_ns != 0) {
    problems.push_back({config["chunk"], "hypertable divides by " + quoted(column.name) +
                                             ", which is a date: write a chunk of whole days, such as 7d"});
  }
  const bool in_conflict =
      std::find(settings.conflict.begin(), settings.conflict.end(), *found) != settings.conflict.end();
  if (!settings.conflict.empty() && !in_conflict) {
    problems.push_back({time, "conflict must name " + quoted(column.name) +
                                  ", too: a unique index of a hypertable has to hold its time column"});
  }
  settings.hypertable = Hypertable{*found, config["chunk"].nanoseconds()};
}

void read_indexes(Config config, Settings& settings, Problems& problems) {
  for (uint64_t i = 0; i < config.size(); ++i) {
    std::vector<size_t> index;
    for (uint64_t j = 0; j < config[i].size(); ++j) {
      const Config name = config[i][j];
      const std::optional<size_t> found = settings.mapping.find(name.text());
      if (!found) {
        problems.push_back({name, "indexes names " + quoted(name.text()) + ", which is not among the columns"});
      } else if (std::find(index.begin(), index.end(), *found) != index.end()) {
        problems.push_back({name, "an index names " + quoted(name.text()) + " twice"});
      } else {
        index.push_back(*found);
      }
    }
    settings.indexes.push_back(std::move(index));
  }
}

Settings read(Config config, const Result<columns::Mapping>& mapping, Problems& problems) {
  Settings settings;
  const Config password = config["password"];
  if (Result<Conninfo> conninfo = Conninfo::parse(config["url"].text(), password ? password.text() : "")) {
    settings.conninfo = std::move(*conninfo);
  } else {
    problems.push_back({config["url"], conninfo.error().message});
  }
  read_table(config["table"], settings, problems);
  settings.create = config["create"].boolean();
  settings.copies = config["method"].text() == "copy";
  settings.statement_timeout_ns = config["statement_timeout"].nanoseconds();
  settings.connect_timeout_ns = config["connect_timeout"].nanoseconds();
  settings.max_in_flight = config["max_in_flight"].integer();
  if (!mapping) return settings;
  settings.mapping = *mapping;
  check_column_names(config["columns"], settings, problems);
  settings.conflict = settings.mapping.conflict_target(config["conflict"], problems);
  read_hypertable(config["hypertable"], settings, problems);
  read_indexes(config["indexes"], settings, problems);
  return settings;
}

}  // namespace

Result<Settings> read_settings(Config config, Description* description) {
  const Result<columns::Mapping> mapping = columns::Mapping::from(config["columns"], description);
  Problems problems;
  Settings settings = read(config, mapping, problems);
  const Result<void> reported = columns::Mapping::report(problems, description);
  if (!mapping) return mapping.error();
  if (!reported) return reported.error();
  return settings;
}

}  // namespace sluice::timescale
