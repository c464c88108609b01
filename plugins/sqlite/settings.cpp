// SPDX-License-Identifier: Apache-2.0
#include "settings.hpp"

#include "catalog.hpp"

namespace sluice::sqlite {
namespace {

using Problems = std::vector<columns::Mapping::Problem>;

void check_names(Config config, Problems& problems) {
  const std::string_view path = config["path"].text();
  if (path.empty() || path == ":memory:" || path.find('\0') != path.npos) {
    problems.push_back({config["path"], "path must name a file: a database in memory would not outlive the run"});
  }
  const std::string_view table = config["table"].text();
  if (table.empty() || table.find('\0') != table.npos || table.starts_with("sqlite_")) {
    problems.push_back({config["table"], "\"" + std::string(table) +
                                             "\" cannot be a table's name: it may not be empty, begin with sqlite_ or "
                                             "hold a NUL character"});
  }
}

void check_column_names(Config config, const columns::Mapping& mapping, Problems& problems) {
  for (size_t i = 0; i < mapping.size(); ++i) {
    for (size_t before = 0; before < i; ++before) {
      const std::string& name = mapping.columns()[i].name;
      const std::string& other = mapping.columns()[before].name;
      if (!same_name(name, other)) continue;
      problems.push_back(
          {config[i], "columns \"" + other + "\" and \"" + name +
                          "\" are the same column, because SQLite ignores the case of names: rename one"});
    }
  }
}

Settings read(Config config, const Result<columns::Mapping>& mapping, Problems& problems) {
  Settings settings;
  check_names(config, problems);
  settings.path = config["path"].text();
  settings.table = config["table"].text();
  settings.create = config["create"].boolean();
  settings.full_sync = config["synchronous"].text() != "normal";
  settings.busy_timeout_ns = config["busy_timeout"].nanoseconds();
  settings.max_in_flight = config["max_in_flight"].integer();
  if (!mapping) return settings;
  settings.mapping = *mapping;
  check_column_names(config["columns"], settings.mapping, problems);
  settings.conflict = settings.mapping.conflict_target(config["conflict"], problems);
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

}  // namespace sluice::sqlite
