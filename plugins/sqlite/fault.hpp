// SPDX-License-Identifier: Apache-2.0
// What an answer of SQLite means for the rows at hand: whose fault it is decides whether a row is refused, the
// transaction is tried again soon, or a person is needed. Every answer has a place here; the unknown are never the
// record's fault, so nothing good is dead-lettered by mistake.
#pragma once
#include <sqlite3.h>

#include <string>

#include "sluice/result.hpp"

namespace sluice::sqlite {

enum class Blame {
  record,   ///< this row will never be taken: a constraint, a type, its size
  busy,     ///< another connection holds the database
  passing,  ///< may work later without anybody doing anything
  person,   ///< the disk is full, the file is damaged or not ours
  bug,      ///< of this plugin
};

struct Fault {
  Blame blame;
  int code;              ///< SQLite's extended result code
  std::string sentence;  ///< what was tried, what SQLite said, what to do
};

Blame blame_of(int extended_code);
/// A statement failed for what it does, and not for want of a disk, a lock or memory: perhaps because of this row
/// alone.
inline bool may_be_one_row(const Fault& fault) { return (fault.code & 0xff) == SQLITE_ERROR; }
/// "SQLITE_FULL" and the like; extended codes by their family's name where they have none of their own here.
std::string code_name(int extended_code);
/// `doing` as in "write to table trades"; adds SQLite's words and what a person can do.
Fault make_fault(sqlite3* connection, int code, std::string_view doing, std::string_view path);
/// As a node's error: busy and passing are transient.
Error to_error(const Fault& fault);

}  // namespace sluice::sqlite
