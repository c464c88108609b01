// SPDX-License-Identifier: Apache-2.0
// The server's processes that connections of this sink left in the middle of something: a statement that never got its
// end holds its rows, and no timeout of the server counts while it waits for its client. The next connection ends them:
// exactly these, by number and start, of the same run of the server, and of the same user. Never another session.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "failure.hpp"

namespace sluice::timescale {

class Connection;

struct Session {
  int32_t process = 0;
  int64_t started_us = 0;         ///< 0: this user may not see it
  int64_t server_started_us = 0;  ///< numbers of processes are of one run of the server
};

class LeftSessions {
 public:
  void add(const Session& session);
  /// What came of it is in `said`, for the log. Gives a failure only when the connection ended meanwhile; then nothing
  /// is forgotten.
  std::optional<Failure> end(Connection& connection, std::vector<std::string>& said);

 private:
  std::vector<Session> sessions_;
};

}  // namespace sluice::timescale
