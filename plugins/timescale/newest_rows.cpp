// SPDX-License-Identifier: Apache-2.0
#include "newest_rows.hpp"

#include <algorithm>
#include <thread>

#include "connection.hpp"
#include "sql.hpp"

namespace sluice::timescale {
namespace {

constexpr std::chrono::milliseconds pause_between{300};
/// What a query may still take when little time is left.
constexpr int64_t least_ns = 100'000'000;

std::optional<Failure> ask(const Settings& settings, const std::string& sql, ServerResult& result) {
  Connection connection(settings, -1);
  if (std::optional<Failure> failure = connection.open()) return failure;
  return connection.query(sql, {}, "read what table " + settings.table_name() + " stored last", result);
}

std::vector<std::string> payloads_of(const columns::Newest& newest, const ServerResult& result, int first, int count) {
  std::vector<std::string> payloads;
  const int key_count = static_cast<int>(newest.keys().size());
  for (int row = first; row < first + count; ++row) {
    std::vector<std::string> keys;
    for (int i = 0; i < key_count; ++i) keys.emplace_back(PQgetvalue(result.get(), row, i));
    payloads.push_back(newest.payload(keys, PQgetvalue(result.get(), row, key_count)));
  }
  return payloads;
}

}  // namespace

/// A loose scan of the index: from each key to the next one behind it. The keys are texts, so that their order is that
/// of the index.
std::string newest_rows_sql(const Settings& settings, const columns::Newest& newest) {
  const std::string table = quoted_table(settings);
  const size_t count = newest.keys().size();
  const auto name = [&](size_t i) { return quoted_name(settings.column(newest.keys()[i]).name); };
  const auto names_of = [&](const std::string& of) {
    return columns::joined(count, ", ", [&](size_t i) { return of + "." + name(i); });
  };
  const std::string number = "t." + quoted_name(settings.column(newest.order()).name);
  if (count == 0) return "SELECT max(" + number + ") FROM " + table + " t HAVING max(" + number + ") IS NOT NULL";
  const std::string first = "SELECT " + names_of("t") + " FROM " + table + " t";
  const std::string in_order = " ORDER BY " + names_of("t") + " LIMIT 1";
  return "WITH RECURSIVE k AS ((" + first + in_order + ") UNION ALL SELECT " + names_of("n") +
         " FROM k CROSS JOIN LATERAL (" + first + " WHERE (" + names_of("t") + ") > (" + names_of("k") + ")" +
         in_order + ") n) SELECT " + names_of("k") + ", (SELECT max(" + number + ") FROM " + table + " t WHERE (" +
         names_of("t") + ") = (" + names_of("k") + ")) FROM k";
}

Result<void> read_newest_rows(Context context, Settings settings, const sluice_tail_query& query, TailTaker& taker) {
  Result<columns::Newest> newest = columns::Newest::find(settings.mapping, settings.conflict, query);
  if (!newest) {
    Error error = newest.error();
    error.message = "cannot find the newest rows of table " + settings.table_name() + ": " + error.message;
    return error;
  }
  const std::string sql = newest_rows_sql(settings, *newest);
  const int64_t statement_timeout_ns = settings.statement_timeout_ns;
  const int64_t connect_timeout_ns = settings.connect_timeout_ns;
  ServerResult result;
  std::optional<Failure> failure;
  do {
    if (failure) std::this_thread::sleep_for(pause_between);
    const int64_t left_ns = std::max(taker.deadline_ns() - context.monotonic_ns(), least_ns);
    settings.statement_timeout_ns = std::min(statement_timeout_ns, left_ns);
    settings.connect_timeout_ns = std::min(connect_timeout_ns, left_ns);
    failure = ask(settings, sql, result);
  } while (failure && failure->blame == Blame::passing && taker.is_wanted());
  // Before the first run there is no table yet.
  if (failure && failure->state == undefined_table) return {};
  if (failure) return to_error(*failure);
  const int rows = PQntuples(result.get());
  constexpr int most = 1'000;
  TailWants wants = TailWants::more;
  for (int first = 0; first < rows && wants != TailWants::enough; first += most) {
    const std::vector<std::string> payloads = payloads_of(*newest, result, first, std::min(most, rows - first));
    wants = taker.give("", columns::batch_of(context, payloads));
  }
  return {};
}

}  // namespace sluice::timescale
