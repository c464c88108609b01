// SPDX-License-Identifier: Apache-2.0
#include "stored_rows.hpp"

#include "connection.hpp"
#include "sluice/columns/stored.hpp"
#include "sluice/scan_rows.hpp"
#include "sql.hpp"

namespace sluice::timescale {
namespace {

constexpr const char* fetch = "FETCH 10000 FROM sluice_scan";

std::string declare_sql(const Settings& settings, const columns::Stored& stored) {
  const auto value = [&](size_t i) {
    const std::string name = quoted_name(settings.column(stored.parts()[i].column).name);
    return stored.parts()[i].is_time() ? "(extract(epoch FROM " + name + ") * 1000000)::bigint" : name;
  };
  return "DECLARE sluice_scan NO SCROLL CURSOR FOR SELECT " + columns::joined(stored.parts().size(), ", ", value) +
         " FROM " + quoted_table(settings);
}

/// False: no more is wanted.
bool give(const columns::Stored& stored, const ServerResult& result, ScanRows& rows) {
  std::vector<std::optional<std::string_view>> values(stored.parts().size());
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    for (int i = 0; i < static_cast<int>(values.size()); ++i) {
      values[static_cast<size_t>(i)].reset();
      if (PQgetisnull(result.get(), row, i) != 0) continue;
      values[static_cast<size_t>(i)] = {PQgetvalue(result.get(), row, i),
                                        static_cast<size_t>(PQgetlength(result.get(), row, i))};
    }
    stored.append(values, rows.text());
    if (!rows.row(-1)) return false;
  }
  return true;
}

}  // namespace

Result<void> read_stored_rows(const Settings& settings, const ScanQuery& query, ScanTaker& taker) {
  const columns::Stored stored(settings.mapping, query.fields());
  if (stored.parts().empty()) return {};
  const std::string doing = "read table " + settings.table_name();
  Connection connection(settings, -1);
  if (const auto failure = connection.open()) return to_error(*failure);
  if (const auto failure = connection.begin(doing)) return to_error(*failure);
  if (const auto failure = connection.execute("SET TRANSACTION READ ONLY", doing)) return to_error(*failure);
  if (const auto failure = connection.execute(declare_sql(settings, stored), doing)) {
    // Before the first run there is no table yet.
    if (failure->state == undefined_table) return {};
    return to_error(*failure);
  }
  ScanRows rows(taker);
  ServerResult result;
  do {
    if (const auto failure = connection.query(fetch, {}, doing, result)) return to_error(*failure);
    if (!give(stored, result, rows)) return {};
  } while (PQntuples(result.get()) > 0);
  rows.flush();
  return {};
}

}  // namespace sluice::timescale
