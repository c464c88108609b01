// SPDX-License-Identifier: Apache-2.0
#include "left_sessions.hpp"

#include "connection.hpp"

namespace sluice::timescale {
namespace {

constexpr std::string_view doing = "end the server process of an earlier connection";
/// A network that fails again and again leaves some; those that were left first have had the longest to end.
constexpr size_t most_sessions = 16;

constexpr const char* end_sql = R"(
SELECT a.pid, pg_terminate_backend(a.pid)
  FROM unnest($1::int[], $2::bigint[], $3::bigint[]) AS wanted(process, started, server_started)
  JOIN pg_stat_activity a ON a.pid = wanted.process AND a.usename = session_user
   AND (extract(epoch FROM a.backend_start) * 1000000)::bigint = wanted.started
 WHERE (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint = wanted.server_started)";

void append(std::string& list, int64_t number) { list += (list.empty() ? "" : ",") + std::to_string(number); }

}  // namespace

void LeftSessions::add(const Session& session) {
  if (sessions_.size() == most_sessions) sessions_.erase(sessions_.begin());
  sessions_.push_back(session);
}

std::optional<Failure> LeftSessions::end(Connection& connection, std::vector<std::string>& said) {
  std::string processes, starts, server_starts;
  for (const Session& each : sessions_) {
    if (each.started_us == 0) {
      said.push_back("cannot " + std::string(doing) + ", process " + std::to_string(each.process) +
                     ": this user does not see its own sessions in pg_stat_activity");
      continue;
    }
    append(processes, each.process);
    append(starts, each.started_us);
    append(server_starts, each.server_started_us);
  }
  if (!processes.empty()) {
    ServerResult result;
    const auto array = [](const std::string& list) { return "{" + list + "}"; };
    std::optional<Failure> failure =
        connection.query(end_sql, {array(processes), array(starts), array(server_starts)}, doing, result);
    if (failure && !connection.is_open()) return failure;
    if (failure) said.push_back(failure->sentence + "; what it holds stays locked until the server ends it");
    for (int row = 0; !failure && row < PQntuples(result.get()); ++row) {
      said.push_back("ended server process " + std::string(PQgetvalue(result.get(), row, 0)) +
                     ", which an earlier connection left in the middle of a statement");
    }
  }
  sessions_.clear();
  return std::nullopt;
}

}  // namespace sluice::timescale
