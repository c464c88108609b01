// SPDX-License-Identifier: Apache-2.0
// Whether the server's table is what the graph says it is, and making it where it is missing. A table that exists is
// never changed: what does not fit is a person's failure that names every mismatch. Table, hypertable and indexes are
// made in one transaction, one creator at a time, so that two sinks may begin together.
#pragma once
#include "table_check.hpp"

namespace sluice::timescale {

struct Seen {
  ServerFacts server;
  bool has_table = false;
  bool created = false;
  bool reads_copy = false;  ///< every column reads COPY's values as they are
  TableName called;
  std::vector<std::string> casts;  ///< of each column: what its text is cast to, or nothing
  std::vector<size_t> compared;    ///< columns that tell a row from another one of its key
  std::vector<Finding> findings;
};

/// Only asks: changes nothing.
std::optional<Failure> look(Connection& connection, const Settings& settings, Seen& seen);

/// What it leaves in `seen` are warnings.
std::optional<Failure> ensure_table(Connection& connection, const Settings& settings, Seen& seen);

}  // namespace sluice::timescale
