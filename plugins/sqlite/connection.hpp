// SPDX-License-Identifier: Apache-2.0
// One connection to one database file, set up for a writer: WAL, the asked synchronous level, names never taken for
// texts, waiting for other writers by a handler that can be interrupted; or for a look that leaves no trace. Owns; not
// thread-safe; throws nothing.
#pragma once
#include <sqlite3.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fault.hpp"

namespace sluice::sqlite {

struct CloseConnection {
  void operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
};
struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

class Connection {
 public:
  /// Asked again and again while another connection holds the database; false gives up. May sleep.
  using Waiter = std::function<bool(int asked_before)>;

  Connection(std::string path, Waiter waiter) : path_(std::move(path)), waiter_(std::move(waiter)) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// May be called again after close().
  std::optional<Fault> open(bool create, bool full_sync);
  /// For reading only; makes, changes and leaves behind no file, also none beside the database. The path must be
  /// absolute. `in_use`: a log or a journal lies beside it.
  std::optional<Fault> open_to_look(bool in_use);
  void close() { handle_.reset(); }
  bool is_open() const { return handle_ != nullptr; }

  std::optional<Fault> execute(const std::string& sql, std::string_view doing);
  std::optional<Fault> prepare(const std::string& sql, std::string_view doing, Statement& to);
  Fault fault(int code, std::string_view doing) const { return make_fault(handle_.get(), code, doing, path_); }
  /// The file at the path is no longer the one that is open: what is written now would be lost.
  bool has_moved() const;
  bool in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }
  int64_t changes() const { return sqlite3_changes64(handle_.get()); }
  int last_code() const { return sqlite3_extended_errcode(handle_.get()); }
  /// The columns of this table that the last error says a constraint failed for.
  std::vector<std::string> constraint_columns(std::string_view table) const;
  const std::string& path() const { return path_; }

 private:
  void take_manners();
  std::optional<Fault> set_up(bool full_sync);
  std::string path_;
  Waiter waiter_;
  std::unique_ptr<sqlite3, CloseConnection> handle_;
};

}  // namespace sluice::sqlite
