// SPDX-License-Identifier: Apache-2.0
#include "connection.hpp"

#include <poll.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <thread>

namespace sluice::timescale {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

/// How long a server may be late with saying that a statement took too long; never longer than the statement itself.
constexpr milliseconds longest_grace{5000};
/// What a statement under way still gets once the node is being closed, and then its cancellation.
constexpr milliseconds closing_grace{1000};
/// What libpq gets of a COPY at once, and so what it buffers.
constexpr size_t copy_piece = size_t{64} << 10;

/// A prepared statement that is missing, or one of that name that is there already.
constexpr std::string_view no_such_statement = "26000";
constexpr std::string_view statement_is_there = "42P05";

bool is_error(const PGresult* result) {
  const ExecStatusType status = PQresultStatus(result);
  return status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_COPY_IN;
}

/// Of several statements the first failure counts, else the last answer.
void keep_first_failure(ServerResult& kept, PGresult* take) {
  ServerResult next(take);
  if (kept == nullptr || !is_error(kept.get())) kept = std::move(next);
}

}  // namespace

Statement::Statement(std::string text)
    : name("sluice_" + std::to_string(std::hash<std::string>()(text))), sql(std::move(text)) {}

void Connection::close() {
  if (own_ && PQtransactionStatus(connection_.get()) != PQTRANS_IDLE) left_.add(*own_);
  own_.reset();
  connection_.reset();
}

std::optional<Failure> Connection::end_left(std::vector<std::string>& said) {
  return is_pooled_ ? std::nullopt : left_.end(*this, said);
}

std::optional<Failure> Connection::open() {
  close();
  Conninfo conninfo = settings_.conninfo;
  place_ = conninfo.place();
  conninfo.add_default("keepalives_idle", "10");
  conninfo.add_default("keepalives_interval", "5");
  conninfo.add_default("keepalives_count", "3");
  conninfo.add_default("tcp_user_timeout", "20000");
  conninfo.add_default("application_name", "sluice");
  conninfo.add_default("client_encoding", "UTF8");
  std::vector<const char*> keys, values;
  for (const auto& [key, value] : conninfo.parameters()) {
    keys.push_back(key.c_str());
    values.push_back(value.c_str());
  }
  keys.push_back(nullptr);
  values.push_back(nullptr);
  connection_.reset(PQconnectStartParams(keys.data(), values.data(), 0));
  if (connection_ == nullptr) return Failure{Blame::passing, {}, "out of memory"};
  // Failures to connect have no SQLSTATE of their own in libpq; verbose ones carry it in their text.
  PQsetErrorVerbosity(connection_.get(), PQERRORS_VERBOSE);
  PQsetNoticeProcessor(
      connection_.get(), [](void*, const char*) {}, nullptr);

  const Clock::time_point deadline = Clock::now() + nanoseconds(settings_.connect_timeout_ns);
  is_connecting_ = true;
  PostgresPollingStatusType next = PGRES_POLLING_WRITING;
  while (PQstatus(connection_.get()) != CONNECTION_BAD && next != PGRES_POLLING_OK && next != PGRES_POLLING_FAILED) {
    const Woke woke = wait(next == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline);
    if (woke != Woke::ready) {
      is_connecting_ = false;
      close();
      if (woke == Woke::closing) return Failure{Blame::interrupted, {}, "the node was closed while it was connecting"};
      return Failure{
          Blame::passing, {}, "cannot connect to PostgreSQL at " + place_ + ": no answer in connect_timeout"};
    }
    next = PQconnectPoll(connection_.get());
  }
  is_connecting_ = false;
  if (PQstatus(connection_.get()) != CONNECTION_OK) {
    Failure failure = masked(connect_failure(PQerrorMessage(connection_.get()), place_));
    close();
    return failure;
  }
  PQsetErrorVerbosity(connection_.get(), PQERRORS_DEFAULT);
  PQsetnonblocking(connection_.get(), 1);
  place_ = std::string(PQhost(connection_.get())) + ":" + PQport(connection_.get()) + "/" + PQdb(connection_.get());
  if (auto failure = look_at_session()) return failure;
  return is_pooled_ ? std::nullopt : set_up(conninfo);
}

/// Every server says at the start which of its processes serves the connection. A pooler has to answer with a number of
/// its own, as cancelling goes by it.
std::optional<Failure> Connection::look_at_session() {
  constexpr const char* sql = R"(
SELECT pg_backend_pid(),
       (SELECT (extract(epoch FROM backend_start) * 1000000)::bigint FROM pg_stat_activity WHERE pid = pg_backend_pid()),
       (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint)";
  ServerResult result;
  if (auto failure = query(sql, {}, "set up the session", result)) return failure;
  const auto number = [&](int column, auto& to) {
    const std::string_view text = PQntuples(result.get()) == 1 ? PQgetvalue(result.get(), 0, column) : "";
    std::from_chars(text.data(), text.data() + text.size(), to);
  };
  Session session;
  number(0, session.process);
  number(1, session.started_us);
  number(2, session.server_started_us);
  is_pooled_ = was_another_session_ || session.process != PQbackendPID(connection_.get());
  if (!is_pooled_) own_ = session;
  return std::nullopt;
}

/// `set` is SET, for the session, or SET LOCAL, for the transaction. A delivered row must survive a crash of the
/// server, whatever the role's own setting; compiling short statements costs more than it saves; and who stops in the
/// middle of a transaction should not hold its locks for ever. No other timeout counts while the server waits for the
/// rest of a message in a transaction without a BEGIN. A transaction here is a pause, a statement, a pause and a COMMIT
/// at most, so four times the timeout cuts nothing that goes on.
std::string Connection::common_settings(std::string_view set) const {
  const int64_t timeout_ms = std::max<int64_t>(settings_.statement_timeout_ns / 1'000'000, 1);
  const std::string timeout = std::to_string(timeout_ms);
  const std::string first = std::string(set) + " ";
  const std::string transaction =
      server_version() >= 170000 ? first + "transaction_timeout = " + std::to_string(4 * timeout_ms) + "; " : "";
  return transaction + first + "statement_timeout = " + timeout + "; " + first +
         "idle_in_transaction_session_timeout = " + timeout + "; " + first +
         "jit = off; SELECT set_config('synchronous_commit', 'on', " + (set == "SET" ? "false" : "true") +
         ") WHERE current_setting('synchronous_commit') = 'off'";
}

/// The server, too, must notice that its client has gone: what a client leaves unfinished holds the others up. It looks
/// as often as the client does.
std::optional<Failure> Connection::set_up(const Conninfo& conninfo) {
  std::string sql = common_settings("SET") + "; SET default_transaction_isolation = 'read committed'";
  const std::string* const wanted = conninfo.find("keepalives");
  if (wanted == nullptr || *wanted != "0") {
    for (const std::string name : {"keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout"}) {
      const std::string* const value = conninfo.find(name);
      const bool is_own = name.starts_with("tcp_");
      if (value == nullptr || value->find_first_not_of("0123456789") != value->npos || value->empty()) continue;
      if (!is_own || server_version() >= 120000) sql += "; SET " + (is_own ? name : "tcp_" + name) + " = " + *value;
    }
  }
  if (server_version() >= 140000) sql += "; SET client_connection_check_interval = '1s'";
  return execute(sql, "set up the session");
}

/// Once the node is being closed a connection is not waited for any more, and statements only for a moment.
Connection::Woke Connection::wait(short events, Clock::time_point deadline) {
  while (true) {
    const nanoseconds left = (is_closing_ ? std::min(deadline, closing_deadline_) : deadline) - Clock::now();
    if (left <= nanoseconds::zero()) return is_closing_ ? Woke::closing : Woke::late;
    pollfd watched[2] = {{PQsocket(connection_.get()), events, 0}, {is_closing_ ? -1 : closing_fd_, POLLIN, 0}};
    const auto most = std::chrono::ceil<milliseconds>(left).count();
    if (::poll(watched, 2, static_cast<int>(std::min<int64_t>(most, 60'000))) <= 0) continue;
    if (watched[1].revents != 0) {
      is_closing_ = true;
      closing_deadline_ = Clock::now() + closing_grace;
      if (is_connecting_) return Woke::closing;
    }
    if (watched[0].revents != 0) return Woke::ready;
  }
}

Clock::time_point Connection::statement_deadline() const {
  const nanoseconds allowed(settings_.statement_timeout_ns);
  return Clock::now() + allowed + std::min<nanoseconds>(allowed, longest_grace);
}

std::optional<Failure> Connection::closed_already(std::string_view doing) const {
  if (!is_closing_ || Clock::now() < closing_deadline_) return std::nullopt;
  return Failure{Blame::interrupted, {}, "cannot " + std::string(doing) + ": the node is being closed"};
}

std::optional<Failure> Connection::flush(std::string_view doing, Clock::time_point deadline) {
  while (true) {
    const int left = PQflush(connection_.get());
    if (left == 0) return std::nullopt;
    if (left < 0) return lost(doing);
    // The server may have to say something before it reads on.
    const Woke woke = wait(POLLIN | POLLOUT, deadline);
    if (woke != Woke::ready) return given_up(doing, woke);
    if (PQconsumeInput(connection_.get()) == 0) return lost(doing);
  }
}

std::optional<Failure> Connection::receive(std::string_view doing, ServerResult& result) {
  const Clock::time_point deadline = statement_deadline();
  if (auto failure = flush(doing, deadline)) return failure;
  bool cancelled = false;
  result.reset();
  while (true) {
    while (PQisBusy(connection_.get()) == 0) {
      PGresult* next = PQgetResult(connection_.get());
      // A COPY goes on, until its data are sent.
      const bool is_last = next == nullptr || PQresultStatus(next) == PGRES_COPY_IN;
      if (next != nullptr) keep_first_failure(result, next);
      if (is_last) return answer(doing, result);
    }
    const Woke woke = wait(POLLIN, deadline);
    if (woke == Woke::ready) {
      if (PQconsumeInput(connection_.get()) != 0) continue;
      // What the server said before it went is worth more than that it went.
      while (PGresult* said = PQgetResult(connection_.get())) {
        const bool goes_on = PQresultStatus(said) == PGRES_COPY_IN;
        keep_first_failure(result, said);
        if (goes_on) break;
      }
      return answer(doing, result);
    }
    if (woke == Woke::late || cancelled) return given_up(doing, woke);
    cancelled = true;
    cancel();
    closing_deadline_ += closing_grace;
  }
}

/// What came of a statement, once all of its results are there.
std::optional<Failure> Connection::answer(std::string_view doing, const ServerResult& result) {
  const bool has_state = result != nullptr && PQresultErrorField(result.get(), PG_DIAG_SQLSTATE) != nullptr;
  if (result == nullptr || (is_error(result.get()) && !has_state)) return lost(doing);
  if (!is_error(result.get()) && PQstatus(connection_.get()) != CONNECTION_BAD) return std::nullopt;
  if (!is_error(result.get())) return lost(doing);
  Failure failure = masked(failure_of(result.get(), doing));
  if (failure.state == no_such_statement || failure.state == statement_is_there) {
    was_another_session_ = is_pooled_ = true;
    failure.blame = Blame::passing;
  }
  if (needs_new_connection(failure) || PQstatus(connection_.get()) == CONNECTION_BAD) close();
  return failure;
}

/// In a thread that nobody waits for: libpq's call blocks, for ever where a server is frozen. It holds nothing of ours.
void Connection::cancel() {
  PGcancel* const handle = PQgetCancel(connection_.get());
  if (handle == nullptr) return;
  std::thread([handle] {
    char why[256];
    PQcancel(handle, why, sizeof why);
    PQfreeCancel(handle);
  }).detach();
}

std::optional<Failure> Connection::query(const std::string& sql, const std::vector<std::string>& parameters,
                                         std::string_view doing, ServerResult& result) {
  if (auto failure = closed_already(doing)) return failure;
  std::vector<const char*> texts;
  for (const std::string& each : parameters) texts.push_back(each.c_str());
  const int sent = parameters.empty()
                       ? PQsendQuery(connection_.get(), sql.c_str())
                       : PQsendQueryParams(connection_.get(), sql.c_str(), static_cast<int>(texts.size()), nullptr,
                                           texts.data(), nullptr, nullptr, 0);
  if (sent == 0) return lost(doing);
  return receive(doing, result);
}

std::optional<Failure> Connection::execute(const std::string& sql, std::string_view doing) {
  ServerResult ignored;
  return query(sql, {}, doing, ignored);
}

std::optional<Failure> Connection::prepare(const Statement& statement, std::string_view doing) {
  // What cannot be prepared is found out at the start, also where nothing stays prepared.
  const char* const name = is_pooled_ ? "" : statement.name.c_str();
  if (PQsendPrepare(connection_.get(), name, statement.sql.c_str(), 0, nullptr) == 0) return lost(doing);
  ServerResult ignored;
  return receive(doing, ignored);
}

std::optional<Failure> Connection::begin(std::string_view doing) {
  if (!is_pooled_) return execute("BEGIN", doing);
  return execute("BEGIN ISOLATION LEVEL READ COMMITTED; " + common_settings("SET LOCAL"), doing);
}

std::optional<Failure> Connection::commit(std::string_view doing) {
  ServerResult result;
  if (auto failure = query("COMMIT", {}, doing, result)) return failure;
  if (std::string_view(PQcmdStatus(result.get())) == "COMMIT") return std::nullopt;
  return Failure{Blame::passing, {}, "cannot " + std::string(doing) + ": the transaction was rolled back"};
}

std::optional<Failure> Connection::roll_back(std::string_view doing) {
  if (!is_open() || PQtransactionStatus(connection_.get()) == PQTRANS_IDLE) return std::nullopt;
  return execute("ROLLBACK", doing);
}

std::optional<Failure> Connection::send(const Statement& statement, std::span<const Parameter> parameters,
                                        std::string_view doing) {
  if (auto failure = closed_already(doing)) return failure;
  constexpr size_t most = 600;
  const char* values[most];
  int lengths[most];
  int formats[most];
  const size_t count = std::min(parameters.size(), most);
  for (size_t i = 0; i < count; ++i) {
    values[i] = reinterpret_cast<const char*>(parameters[i].data());
    lengths[i] = static_cast<int>(parameters[i].size());
    formats[i] = 1;
  }
  const auto number = static_cast<int>(count);
  const int sent =
      is_pooled_ || statement.name.empty()
          ? PQsendQueryParams(connection_.get(), statement.sql.c_str(), number, nullptr, values, lengths, formats, 0)
          : PQsendQueryPrepared(connection_.get(), statement.name.c_str(), number, values, lengths, formats, 0);
  if (sent == 0) return lost(doing);
  return flush(doing, statement_deadline());
}

std::optional<Failure> Connection::send_copy(const std::string& sql, std::span<const uint8_t> data,
                                             std::string_view doing) {
  if (auto failure = closed_already(doing)) return failure;
  if (PQsendQuery(connection_.get(), sql.c_str()) == 0) return lost(doing);
  ServerResult result;
  if (auto failure = receive(doing, result)) return failure;
  const Clock::time_point deadline = statement_deadline();
  while (!data.empty()) {
    const size_t size = std::min(data.size(), copy_piece);
    const int taken =
        PQputCopyData(connection_.get(), reinterpret_cast<const char*>(data.data()), static_cast<int>(size));
    if (taken < 0) return lost(doing);
    if (taken > 0) data = data.subspan(size);
    if (auto failure = flush(doing, deadline)) return failure;
  }
  if (PQputCopyEnd(connection_.get(), nullptr) < 0) return lost(doing);
  return flush(doing, deadline);
}

std::optional<Failure> Connection::hear() {
  constexpr std::string_view doing = "keep the connection";
  if (PQconsumeInput(connection_.get()) == 0) return lost(doing);
  PGnotify* const told = PQnotifies(connection_.get());
  PQfreemem(told);
  if (PQstatus(connection_.get()) == CONNECTION_BAD) return lost(doing);
  return std::nullopt;
}

Failure Connection::lost(std::string_view doing) {
  const std::string said = PQerrorMessage(connection_.get());
  // The lines behind the first guess at reasons.
  const std::string first = said.substr(0, said.find('\n'));
  Failure failure = masked({is_closing_ ? Blame::interrupted : Blame::passing,
                            {},
                            "cannot " + std::string(doing) + ": the connection to PostgreSQL at " + place_ +
                                " ended: " + (first.empty() ? "no reason was given" : first)});
  close();
  return failure;
}

Failure Connection::masked(Failure failure) const {
  failure.sentence = settings_.conninfo.masked(std::move(failure.sentence));
  return failure;
}

Failure Connection::given_up(std::string_view doing, Woke why) {
  close();
  if (why == Woke::closing) {
    return {
        Blame::interrupted, {}, "cannot " + std::string(doing) + ": the node was closed before the server answered"};
  }
  return {Blame::passing,
          {},
          "cannot " + std::string(doing) + ": PostgreSQL at " + place_ + " gave no answer in statement_timeout"};
}

}  // namespace sluice::timescale
