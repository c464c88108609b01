// SPDX-License-Identifier: Apache-2.0
// What an answer of the database means for the rows at hand, by its SQLSTATE: whose fault it is decides whether a row
// is refused, the statement is tried again, or a person is needed. Every code has a place here; the unknown are never
// the record's fault, so nothing good is dead-lettered by mistake.
#pragma once
#include <libpq-fe.h>

#include <optional>
#include <string>
#include <string_view>

#include "sluice/result.hpp"

namespace sluice::timescale {

enum class Blame {
  record,       ///< this row will never be taken
  passing,      ///< may work later without anybody doing anything
  person,       ///< rights, passwords, tables, settings
  unknown,      ///< treated as passing for a while, then as a person's
  interrupted,  ///< the node is being closed
};

struct Failure {
  Blame blame = Blame::passing;
  std::string state{};        ///< SQLSTATE, or empty
  std::string sentence{};     ///< what was tried, what the server said, what to do
  bool ends_session = false;  ///< the server says that it ends the connection
  std::string schema{};       ///< these five as far as the server names them
  std::string table{};        ///< a partition or chunk, where the row went into one
  std::string column{};
  std::string constraint{};
  std::string routine{};  ///< of the server, that found the error
};

/// Of a table that is not there.
inline constexpr std::string_view undefined_table = "42P01";

Blame blame_of(std::string_view sqlstate);
/// After this the connection is of no use: it died, or it leads to a server that cannot write.
bool needs_new_connection(const Failure& failure);
/// "cannot write to table trades: value too long (22001, column symbol)".
Failure failure_of(const PGresult* result, std::string_view doing);
/// What libpq says of a connection that could not be made; the SQLSTATE stands in its verbose text.
Failure connect_failure(std::string_view said, std::string_view place);
/// As a node's error: passing, unknown and interrupted are transient.
Error to_error(const Failure& failure);

}  // namespace sluice::timescale
