// SPDX-License-Identifier: Apache-2.0
#include "probe.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <mutex>
#include <thread>

#include "table_check.hpp"
#include "write_lock.hpp"

namespace sluice::sqlite {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr nanoseconds longest_wait = std::chrono::seconds(3);
constexpr milliseconds between_looks{20};
constexpr int most_attempts = 5;

bool may(const std::string& path, int how) { return ::faccessat(AT_FDCWD, path.c_str(), how, AT_EACCESS) == 0; }

/// True when there is a file to look into.
bool check_file(const std::filesystem::path& path, const Settings& settings, Config config, Description& description) {
  std::error_code none;
  const std::string folder = path.parent_path().string();
  const Config where = config["path"];
  const std::filesystem::file_type type = std::filesystem::status(path, none).type();
  const bool is_there = type != std::filesystem::file_type::not_found && type != std::filesystem::file_type::none;
  if (!std::filesystem::is_directory(folder, none)) {
    description.problem(where, "the folder " + folder + ", which shall hold the database, does not exist: create it");
    return false;
  }
  if (is_there && type != std::filesystem::file_type::regular) {
    description.problem(where, path.string() + " is not a file: name a file");
    return false;
  }
  if (!may(folder, W_OK | X_OK)) {
    description.problem(where, "this user may not write in the folder " + folder +
                                   ", which the database and its log need: give the right to");
  }
  if (!is_there) {
    if (!settings.create) {
      description.problem(where, "the database " + path.string() + " does not exist: make it, or say create: true");
    }
    return false;
  }
  if (!may(path, R_OK | W_OK)) {
    description.problem(where, "this user may not read and write " + path.string() + ": give the right to");
  }
  return may(path, R_OK);
}

/// Looking for locks would end those of another probe's connection. Never destroyed, as a probe may be given up and
/// outlive the program's statics.
std::mutex& one_at_a_time() {
  static std::mutex& mutex = *new std::mutex;
  return mutex;
}

nanoseconds patience(const Settings& settings) {
  return std::min<nanoseconds>(nanoseconds(settings.busy_timeout_ns), longest_wait);
}

std::optional<pid_t> holder_of(const std::string& path) {
  const std::lock_guard lock(one_at_a_time());
  return write_lock_holder(path);
}

/// Waits a while for whoever writes right now; true when that did not help.
bool is_locked(const std::string& path, const Settings& settings, Config config, Description& description) {
  const nanoseconds limit = patience(settings);
  const Clock::time_point end = Clock::now() + limit;
  std::optional<pid_t> holder = holder_of(path);
  while (holder && Clock::now() < end) {
    std::this_thread::sleep_for(between_looks);
    holder = holder_of(path);
  }
  if (!holder) return false;
  const std::string who = *holder > 0 ? "process " + std::to_string(*holder) : "another program";
  description.problem(config["path"], who + " holds " + path + " for writing, and did not release it within " +
                                          std::to_string(std::chrono::duration_cast<milliseconds>(limit).count()) +
                                          " ms: end its transaction");
  return true;
}

Config asked_by(const Finding& finding, const Settings& settings, Config config) {
  switch (finding.where) {
    case Finding::Where::table:
      break;
    case Finding::Where::columns:
      return config["columns"];
    case Finding::Where::column:
      return config["columns"][settings.mapping.columns()[finding.column].name];
    case Finding::Where::conflict:
      return config["conflict"];
  }
  return config["table"];
}

bool has_companion(const std::string& path) {
  std::error_code none;
  return std::filesystem::exists(path + "-wal", none) || std::filesystem::exists(path + "-journal", none);
}

/// Reads the table's definition; true in `in_use` when somebody else has, or had, the database open.
std::optional<Fault> look(const std::string& path, const Settings& settings, bool patient, bool& in_use,
                          std::optional<TableFacts>& table) {
  const Clock::time_point end = Clock::now() + (patient ? patience(settings) : nanoseconds(0));
  const auto wait = [end](int) {
    if (Clock::now() >= end) return false;
    std::this_thread::sleep_for(between_looks);
    return true;
  };
  std::optional<Fault> fault;
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    const std::lock_guard lock(one_at_a_time());
    in_use = has_companion(path);
    table.reset();
    Connection connection(path, wait);
    fault = connection.open_to_look(in_use);
    if (!fault) fault = read_table(connection, settings.table, table);
    // Somebody came or went meanwhile.
    if (!fault || has_companion(path) == in_use) break;
  }
  return fault;
}

void check_contents(const std::string& path, const Settings& settings, bool locked, Config config,
                    Description& description) {
  bool in_use = false;
  std::optional<TableFacts> table;
  const std::optional<Fault> fault = look(path, settings, !locked, in_use, table);
  if (!fault) {
    for (const Finding& finding : check_table(settings, path, table)) {
      description.problem(asked_by(finding, settings, config), finding.sentence);
    }
    return;
  }
  if (locked && fault->blame == Blame::busy) return;
  const int family = fault->code & 0xff;
  if (in_use && (family == SQLITE_READONLY || family == SQLITE_CANTOPEN)) {
    description.warning(config["path"], "a program that ended in the middle left " + path +
                                            " to be put right by whoever writes it next, as a run will; until then its "
                                            "tables cannot be looked at without changing it");
    return;
  }
  description.problem(config["path"], fault->sentence);
}

}  // namespace

Result<void> probe_store(Config config, Description& description) {
  const Result<Settings> settings = read_settings(config);
  if (!settings) return settings.error();
  std::error_code fault;
  const auto path = std::filesystem::weakly_canonical(std::filesystem::absolute(settings->path, fault), fault);
  if (fault) {
    description.problem(config["path"], "cannot find " + settings->path + ": " + fault.message());
    return {};
  }
  if (!check_file(path, *settings, config, description)) return {};
  const bool locked = is_locked(path.string(), *settings, config, description);
  check_contents(path.string(), *settings, locked, config, description);
  return {};
}

}  // namespace sluice::sqlite
