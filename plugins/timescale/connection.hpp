// SPDX-License-Identifier: Apache-2.0
// One connection of libpq, driven without blocking: every wait has a deadline and ends early when the node is being
// closed. A server that does not answer in time costs the connection, never the thread. After a failure that
// needs_new_connection the connection is closed already. Behind a connection pooler the session may be another client's
// from one transaction to the next: there nothing is prepared, and settings hold for one transaction alone. One thread
// at a time.
#pragma once
#include <libpq-fe.h>

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "failure.hpp"
#include "left_sessions.hpp"
#include "settings.hpp"

namespace sluice::timescale {

using Clock = std::chrono::steady_clock;

struct ResultDeleter {
  void operator()(PGresult* result) const { PQclear(result); }
};
using ServerResult = std::unique_ptr<PGresult, ResultDeleter>;

/// A parameter of a statement: binary bytes.
using Parameter = std::span<const uint8_t>;

/// A statement that is sent many times. Its name follows from its text, so that it can never be another's.
struct Statement {
  Statement() = default;
  explicit Statement(std::string text);
  std::string name, sql;
};

class Connection {
 public:
  /// `closing_fd` becomes readable when the node is being closed; -1: never. The settings must outlive the connection.
  Connection(const Settings& settings, int closing_fd) : settings_(settings), closing_fd_(closing_fd) {}

  std::optional<Failure> open();
  /// What is left in the middle of something is ended by end_left(), on the next connection.
  void close();
  bool is_open() const { return connection_ != nullptr; }
  int socket() const { return PQsocket(connection_.get()); }
  int server_version() const { return PQserverVersion(connection_.get()); }
  const std::string& place() const { return place_; }
  /// Somebody stands between: the session is not this connection's own.
  bool is_pooled() const { return is_pooled_; }
  /// Ends what earlier connections left in the middle of something; see LeftSessions. Behind a pooler it does nothing.
  std::optional<Failure> end_left(std::vector<std::string>& said);

  /// Runs one statement with text parameters; more than one statement only without any.
  std::optional<Failure> query(const std::string& sql, const std::vector<std::string>& parameters,
                               std::string_view doing, ServerResult& result);
  std::optional<Failure> execute(const std::string& sql, std::string_view doing);
  /// In the session, where it is this connection's own.
  std::optional<Failure> prepare(const Statement& statement, std::string_view doing);
  /// Sends a statement, prepared or not; the parameters may change once it returns.
  std::optional<Failure> send(const Statement& statement, std::span<const Parameter> parameters,
                              std::string_view doing);
  /// A transaction, with all settings that this connection needs.
  std::optional<Failure> begin(std::string_view doing);
  std::optional<Failure> commit(std::string_view doing);
  /// Ends a transaction, if there is one.
  std::optional<Failure> roll_back(std::string_view doing);
  /// Sends a COPY ... FROM STDIN and all its data, which may change once it returns.
  std::optional<Failure> send_copy(const std::string& sql, std::span<const uint8_t> data, std::string_view doing);
  /// The answer to what was sent.
  std::optional<Failure> receive(std::string_view doing, ServerResult& result);
  /// Something arrived although nothing was asked: a notice, or the end. Gives the failure when it was the end.
  std::optional<Failure> hear();

 private:
  enum class Woke { ready, late, closing };
  struct Closer {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  Woke wait(short events, Clock::time_point deadline);
  std::optional<Failure> flush(std::string_view doing, Clock::time_point deadline);
  std::optional<Failure> look_at_session();
  std::optional<Failure> set_up(const Conninfo& conninfo);
  std::string common_settings(std::string_view set) const;
  Failure lost(std::string_view doing);
  /// What libpq or the server said may quote a password.
  Failure masked(Failure failure) const;
  Failure given_up(std::string_view doing, Woke why);
  std::optional<Failure> answer(std::string_view doing, const ServerResult& result);
  std::optional<Failure> closed_already(std::string_view doing) const;
  Clock::time_point statement_deadline() const;
  void cancel();

  const Settings& settings_;
  int closing_fd_;
  bool is_connecting_ = false;
  bool is_pooled_ = false;
  bool was_another_session_ = false;  ///< a statement met another session than the one it was prepared in
  bool is_closing_ = false;           ///< statements have until closing_deadline_
  Clock::time_point closing_deadline_{};
  std::string place_;
  std::optional<Session> own_;  ///< of this connection alone
  LeftSessions left_;
  std::unique_ptr<PGconn, Closer> connection_;
};

}  // namespace sluice::timescale
