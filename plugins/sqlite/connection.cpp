// SPDX-License-Identifier: Apache-2.0
#include "connection.hpp"

#include "catalog.hpp"

namespace sluice::sqlite {
namespace {

std::string file_uri(const std::string& absolute_path) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string uri = "file://";
  for (const char c : absolute_path) {
    if (c != '%' && c != '?' && c != '#') {
      uri += c;
      continue;
    }
    uri += {'%', hex[static_cast<unsigned char>(c) >> 4], hex[static_cast<unsigned char>(c) & 15]};
  }
  return uri;
}

}  // namespace

std::optional<Fault> Connection::open(bool create, bool full_sync) {
  sqlite3* raw = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0) | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(path_.c_str(), &raw, flags, nullptr);
  handle_.reset(raw);
  if (code != SQLITE_OK) {
    Fault fault = make_fault(raw, raw != nullptr ? sqlite3_extended_errcode(raw) : code, "open the database", path_);
    if (!create && (code & 0xff) == SQLITE_CANTOPEN) fault.sentence += ", or say create: true";
    close();
    return fault;
  }
  if (std::optional<Fault> fault = set_up(full_sync)) {
    close();
    return fault;
  }
  return std::nullopt;
}

std::optional<Fault> Connection::open_to_look(bool in_use) {
  // A reader of a write-ahead log makes the log and its index where they are missing, and repairs an index that a
  // killed program left: with nothing beside the file it is complete and taken as it lies, else the index is read only.
  const std::string uri = file_uri(path_) + (in_use ? "?mode=ro&readonly_shm=1" : "?mode=ro&immutable=1");
  sqlite3* raw = nullptr;
  const int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(uri.c_str(), &raw, flags, nullptr);
  handle_.reset(raw);
  if (code == SQLITE_OK) {
    take_manners();
    return std::nullopt;
  }
  Fault fault = make_fault(raw, raw != nullptr ? sqlite3_extended_errcode(raw) : code, "open the database", path_);
  close();
  return fault;
}

void Connection::take_manners() {
  sqlite3_extended_result_codes(handle_.get(), 1);
  // A misspelt name in double quotes would otherwise be read as a text.
  sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  sqlite3_busy_handler(
      handle_.get(), [](void* self, int asked) { return static_cast<Connection*>(self)->waiter_(asked) ? 1 : 0; },
      this);
}

std::optional<Fault> Connection::set_up(bool full_sync) {
  take_manners();
  Statement mode;
  if (auto fault = prepare("PRAGMA journal_mode = WAL", "turn on the write-ahead log", mode)) return fault;
  const int code = sqlite3_step(mode.get());
  if (code != SQLITE_ROW) return fault(last_code(), "turn on the write-ahead log");
  const std::string got = reinterpret_cast<const char*>(sqlite3_column_text(mode.get(), 0));
  if (got != "wal") {
    return Fault{Blame::person, SQLITE_ERROR,
                 "cannot turn on the write-ahead log of " + path_ + ": it stays in mode " + got +
                     "; put the file on a local disk"};
  }
  mode.reset();
  // Checkpoints of 4096 pages: fewer of them, each longer, and a log that stays near 16 MiB.
  for (const char* sql :
       {full_sync ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL", "PRAGMA wal_autocheckpoint = 4096",
        "PRAGMA cache_size = -8192", "PRAGMA journal_size_limit = 67108864"}) {
    if (auto fault = execute(sql, "set up the database")) return fault;
  }
  return std::nullopt;
}

std::optional<Fault> Connection::execute(const std::string& sql, std::string_view doing) {
  if (sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return std::nullopt;
  return fault(last_code(), doing);
}

std::optional<Fault> Connection::prepare(const std::string& sql, std::string_view doing, Statement& to) {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(handle_.get(), sql.c_str(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  to.reset(raw);
  if (code == SQLITE_OK) return std::nullopt;
  return fault(last_code(), doing);
}

std::vector<std::string> Connection::constraint_columns(std::string_view table) const {
  constexpr std::string_view behind = "constraint failed: ";
  std::string_view said = sqlite3_errmsg(handle_.get());
  const size_t at = said.find(behind);
  if (at == said.npos) return {};
  said.remove_prefix(at + behind.size());
  std::vector<std::string> columns;
  while (true) {
    // A name may hold a comma and a blank, but hardly before the table's name and a dot.
    const size_t end = said.find(", ");
    const std::string_view one = said.substr(0, end);
    if (one.size() > table.size() && one[table.size()] == '.' && same_name(one.substr(0, table.size()), table)) {
      columns.emplace_back(one.substr(table.size() + 1));
    }
    if (end == said.npos) return columns;
    said.remove_prefix(end + 2);
  }
}

bool Connection::has_moved() const {
  int moved = 0;
  const int code = sqlite3_file_control(handle_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  return code == SQLITE_OK && moved != 0;
}

}  // namespace sluice::sqlite
