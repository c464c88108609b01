// SPDX-License-Identifier: Apache-2.0
// Whether a database's table is what the graph says it is, and making it where it is missing. A table that exists is
// never changed: what does not fit is an operator's failure that names the column and, for a missing unique index, the
// statement that makes it. Table and index are made in one transaction.
#pragma once
#include <optional>

#include "connection.hpp"
#include "settings.hpp"

namespace sluice::sqlite {

std::optional<Fault> ensure_table(Connection& connection, const Settings& settings);

}  // namespace sluice::sqlite
