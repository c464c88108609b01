// SPDX-License-Identifier: Apache-2.0
#include "fault.hpp"

#include <cerrno>
#include <cstring>

namespace sluice::sqlite {
namespace {

std::string_view remedy(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return "free space where the file lies";
    case SQLITE_IOERR:
      return "check the disk, its free space and quotas, and the limits on file sizes";
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return "give this user the right to write the file and its folder";
    case SQLITE_CANTOPEN:
      return "check that the folder exists and may be written by this user";
    case SQLITE_CORRUPT:
      return "restore the file from a backup, or move it away to begin a new one";
    case SQLITE_NOTADB:
      return "this file is not a SQLite database: name another file";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "end the other program's transaction";
    default:
      return {};
  }
}

}  // namespace

Blame blame_of(int extended_code) {
  switch (extended_code & 0xff) {
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
      return Blame::record;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Blame::busy;
    case SQLITE_NOMEM:
    case SQLITE_PROTOCOL:
    case SQLITE_INTERRUPT:
    case SQLITE_ABORT:
    case SQLITE_SCHEMA:
      return Blame::passing;
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
      return Blame::bug;
    default:
      return Blame::person;
  }
}

std::string code_name(int extended_code) {
  switch (extended_code & 0xff) {
    case SQLITE_ERROR:
      return "SQLITE_ERROR";
    case SQLITE_INTERNAL:
      return "SQLITE_INTERNAL";
    case SQLITE_PERM:
      return "SQLITE_PERM";
    case SQLITE_ABORT:
      return "SQLITE_ABORT";
    case SQLITE_BUSY:
      return "SQLITE_BUSY";
    case SQLITE_LOCKED:
      return "SQLITE_LOCKED";
    case SQLITE_NOMEM:
      return "SQLITE_NOMEM";
    case SQLITE_READONLY:
      return "SQLITE_READONLY";
    case SQLITE_INTERRUPT:
      return "SQLITE_INTERRUPT";
    case SQLITE_IOERR:
      return "SQLITE_IOERR";
    case SQLITE_CORRUPT:
      return "SQLITE_CORRUPT";
    case SQLITE_FULL:
      return "SQLITE_FULL";
    case SQLITE_CANTOPEN:
      return "SQLITE_CANTOPEN";
    case SQLITE_PROTOCOL:
      return "SQLITE_PROTOCOL";
    case SQLITE_SCHEMA:
      return "SQLITE_SCHEMA";
    case SQLITE_TOOBIG:
      return "SQLITE_TOOBIG";
    case SQLITE_CONSTRAINT:
      return "SQLITE_CONSTRAINT";
    case SQLITE_MISMATCH:
      return "SQLITE_MISMATCH";
    case SQLITE_MISUSE:
      return "SQLITE_MISUSE";
    case SQLITE_AUTH:
      return "SQLITE_AUTH";
    case SQLITE_NOTADB:
      return "SQLITE_NOTADB";
    default:
      return "SQLITE_" + std::to_string(extended_code);
  }
}

Fault make_fault(sqlite3* connection, int code, std::string_view doing, std::string_view path) {
  std::string sentence = "cannot " + std::string(doing) + " in " + std::string(path) + ": " +
                         (connection != nullptr ? sqlite3_errmsg(connection) : sqlite3_errstr(code)) + " (" +
                         code_name(code);
  const int system = connection != nullptr ? sqlite3_system_errno(connection) : 0;
  const int family = code & 0xff;
  if (system != 0 && (family == SQLITE_IOERR || family == SQLITE_CANTOPEN || family == SQLITE_FULL)) {
    char words[128] = {};
    sentence += ", " + std::string(strerror_r(system, words, sizeof words));
  }
  sentence += ")";
  if (const std::string_view todo = remedy(code); !todo.empty()) sentence += "; " + std::string(todo);
  return {blame_of(code), code, std::move(sentence)};
}

Error to_error(const Fault& fault) {
  Category category = Category::operator_needed;
  if (fault.blame == Blame::record) category = Category::permanent;
  if (fault.blame == Blame::busy || fault.blame == Blame::passing) category = Category::transient;
  if (fault.blame == Blame::bug) category = Category::bug;
  return {category, fault.sentence, code_name(fault.code)};
}

}  // namespace sluice::sqlite
