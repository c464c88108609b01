// SPDX-License-Identifier: Apache-2.0
// Attempts at the addresses of one name, overlapping as in RFC 8305 (Happy Eyeballs): the next address is begun when
// the one before has failed, or has not answered for a quarter of a second, and is not given up for that. The first one
// that is ready wins, and the others are closed; those that had not failed are tried again if the winner turns out to
// be of no use. TLS and a proxy's tunnel belong to the race; what costs the server something, a request, does not.
#pragma once
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "sluice/net/addresses.hpp"
#include "sluice/net/attempt.hpp"
#include "sluice/net/wait_set.hpp"

namespace sluice::net {

/// An address that was of no use, and why.
struct Failure {
  std::string address;  ///< without its port
  Loss loss;
  std::string brief;  ///< for a list of several
};

class Race {
 public:
  Race(const Route& route, AddressMemory& memory) : route_(route), memory_(memory) {}

  void start(const std::vector<Address>& addresses, int64_t now_ns);
  /// The attempt that has won, or null: then wait for the set or the deadline, or all have failed.
  std::unique_ptr<Attempt> step(int64_t now_ns, int64_t wall_now_ns);
  bool all_failed() const { return running_.empty() && waiting_.empty(); }
  /// Gives up what still runs: each failed to do the next thing `within` a time.
  void give_up(int64_t now_ns, const std::string& within);
  /// An address that won, and was of no use after all.
  void note(const Address& address, Failure failure, int64_t now_ns);

  const WaitSet& wait_set() const { return wait_set_; }
  /// When the next address is to be begun; far away when there is none.
  int64_t next_start_ns() const;
  /// There are addresses that have not failed.
  bool has_others() const { return !all_failed(); }
  const std::vector<Failure>& failures() const { return failures_; }

 private:
  void begin_due(int64_t now_ns, int64_t wall_now_ns);
  void step_attempt(Attempt& attempt, int64_t now_ns, int64_t wall_now_ns);
  std::unique_ptr<Attempt> take_winner(int64_t now_ns);

  const Route& route_;
  AddressMemory& memory_;
  WaitSet wait_set_;
  std::deque<Address> waiting_;
  std::vector<std::unique_ptr<Attempt>> running_;
  std::vector<Failure> failures_;
  int64_t delay_ns_ = 0;
  int64_t secure_delay_ns_ = 0;
  int64_t next_start_ns_ = 0;
};

/// `127.0.0.1 and 127.0.0.2: Connection refused; 127.0.0.3: HTTP 503 Service Unavailable`; addresses that failed alike
/// stand together, and only a few are named.
std::string listed(const std::vector<Failure>& failures);

}  // namespace sluice::net
