// SPDX-License-Identifier: Apache-2.0
#include "sluice/columns/mapping.hpp"

#include <algorithm>

namespace sluice {
inline namespace v1 {
namespace columns {
namespace {

using Problems = std::vector<Mapping::Problem>;

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

/// Splits at dots; a backslash makes the next character an ordinary one. Empty when a key would be empty.
std::vector<std::string> split_path(std::string_view text) {
  std::vector<std::string> keys(1);
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      keys.back() += text[++i];
    } else if (text[i] == '.') {
      keys.emplace_back();
    } else {
      keys.back() += text[i];
    }
  }
  if (std::any_of(keys.begin(), keys.end(), [](const std::string& key) { return key.empty(); })) return {};
  return keys;
}

void read_sources(Config entry, Column& column, Problems& problems) {
  const Config from = entry["from"];
  const Config attribute = entry["attribute"];
  if (from && attribute) {
    problems.push_back({attribute, "column " + quoted(column.name) +
                                       " has both from and attribute: keep the one that it shall be read from"});
    return;
  }
  if (attribute) {
    column.attribute = attribute.text();
    column.receive_time = column.attribute == "receive_time";
    column.source = "attribute " + column.attribute;
    return;
  }
  if (!from) {
    column.paths.push_back({column.name});
    column.source = "field " + column.name;
    return;
  }
  for (uint64_t i = 0; i < from.size(); ++i) {
    std::vector<std::string> path = split_path(from[i].text());
    if (path.empty()) {
      problems.push_back({from[i], "column " + quoted(column.name) + " reads from " + quoted(from[i].text()) +
                                       ", which has an empty name: write a field, or fields with dots between them"});
      return;
    }
    if (std::find(column.paths.begin(), column.paths.end(), path) != column.paths.end()) {
      problems.push_back({from[i], "column " + quoted(column.name) + " names " + quoted(from[i].text()) + " twice"});
      return;
    }
    column.source += (i == 0 ? "field " : " or ") + std::string(from[i].text());
    column.paths.push_back(std::move(path));
  }
}

void read_type(Config entry, Column& column, Problems& problems) {
  const Config as = entry["as"];
  const Result<Type> type = parse_type(as.text());
  if (!type) {
    problems.push_back({as, "column " + quoted(column.name) + ": " + type.error().message});
    return;
  }
  column.type = *type;
  const Config unit = entry["unit"];
  if (unit) column.unit = static_cast<TimeUnit>(unit.integer() + 1);
  if (unit && !is_time(column.type.kind)) {
    problems.push_back({unit, "column " + quoted(column.name) + " is " + type_name(column.type) +
                                  ": unit belongs to timestamptz, timestamp and date only; take it away"});
  }
}

}  // namespace

Mapping Mapping::read(Config columns, Problems& problems) {
  Mapping mapping;
  for (uint64_t i = 0; i < columns.size(); ++i) {
    const Config entry = columns[i];
    Column column;
    column.name = entry.key();
    column.nullable = entry["nullable"].boolean();
    if (column.name.empty() || column.name.find('\0') != std::string::npos) {
      problems.push_back({entry, "a column's name may be neither empty nor hold a NUL character"});
    } else if (mapping.find(column.name)) {
      problems.push_back({entry, "column " + quoted(column.name) + " is there twice"});
    }
    read_sources(entry, column, problems);
    read_type(entry, column, problems);
    mapping.columns_.push_back(std::move(column));
  }
  return mapping;
}

Result<Mapping> Mapping::from(Config columns, Description* description) {
  Problems problems;
  Mapping mapping = read(columns, problems);
  for (size_t i = 0; description != nullptr && i < mapping.size(); ++i) {
    const Column& column = mapping.columns_[i];
    if (column.attribute.empty() || column.receive_time) continue;
    description->needs(column.attribute, columns[i]["attribute"]);
    if (!column.nullable) description->absent(column.attribute, "is rejected", columns[i]["attribute"]);
  }
  if (Result<void> reported = report(problems, description); !reported) return reported.error();
  return mapping;
}

Result<void> Mapping::report(const Problems& problems, Description* description) {
  for (const Problem& problem : problems) {
    if (description != nullptr) description->problem(problem.where, problem.sentence);
  }
  if (problems.empty()) return {};
  return operator_needed(problems.front().sentence);
}

void Mapping::bind(const Context& context) {
  for (Column& column : columns_) {
    if (!column.attribute.empty() && !column.receive_time) column.slot = context.attribute(column.attribute);
  }
}

std::optional<size_t> Mapping::find(std::string_view name) const {
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].name == name) return i;
  }
  return std::nullopt;
}

std::vector<size_t> Mapping::conflict_target(Config conflict, Problems& problems) const {
  std::vector<size_t> target;
  for (uint64_t i = 0; i < conflict.size(); ++i) {
    const std::string_view name = conflict[i].text();
    const std::optional<size_t> found = find(name);
    if (!found) {
      problems.push_back({conflict[i], "conflict names " + quoted(name) + ", which is not among the columns"});
    } else if (std::find(target.begin(), target.end(), *found) != target.end()) {
      problems.push_back({conflict[i], "conflict names " + quoted(name) + " twice"});
    } else {
      if (columns_[*found].nullable) {
        problems.push_back({conflict[i], "conflict names " + quoted(name) +
                                             ", which is nullable: NULLs never conflict, so repeats would be stored "
                                             "again; take nullable or the column away"});
      }
      target.push_back(*found);
    }
  }
  return target;
}

}  // namespace columns
}  // namespace v1
}  // namespace sluice
