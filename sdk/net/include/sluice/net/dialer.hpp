// SPDX-License-Identifier: Apache-2.0
// From a route to a connection over which HTTP can be spoken: resolve, race the addresses, with tunnel and TLS. When
// the address that won turns out to be of no use, `turn_down` goes on with the others within the same time limit. A
// state machine that never blocks: `step` does what can be done at once, and the caller waits for the descriptor, the
// waker or the deadline in between. It ends lost with a sentence that says what failed and where; the memory of
// addresses learns.
#pragma once
#include <memory>
#include <string>

#include "sluice/context.hpp"
#include "sluice/net/addresses.hpp"
#include "sluice/net/loss.hpp"
#include "sluice/net/race.hpp"
#include "sluice/net/resolver.hpp"
#include "sluice/net/route.hpp"
#include "sluice/net/transport.hpp"

namespace sluice::net {

class Dialer {
 public:
  enum class Progress { working, connected, lost };

  /// `route` and `memory` must outlive it.
  Dialer(Context context, const Route& route, AddressMemory& memory, const Waker& waker)
      : context_(context), route_(route), memory_(memory), waker_(waker), race_(route, memory) {}

  /// Once.
  void start(int64_t now_ns);
  /// Until it is connected or lost.
  Progress step(int64_t now_ns);
  /// The connection is of no use after all. Working: another address is tried.
  Progress turn_down(Failure failure, bool try_others, int64_t now_ns);
  /// The connection did what it was made for.
  void accept() { memory_.worked(peer()); }

  int fd() const { return is_resolving_ ? -1 : race_.wait_set().fd(); }
  short events() const { return POLLIN; }
  /// When to call `step` again at the latest.
  int64_t deadline_ns() const;
  /// Of all of it.
  int64_t end_ns() const { return end_ns_; }
  /// There are addresses that have not failed.
  bool has_others() const { return race_.has_others(); }

  // Of a connection.
  std::unique_ptr<Transport> take_transport() { return winner_->take_transport(); }
  /// The address with its port.
  std::string peer() const { return winner_->address().text(); }
  /// The server and the address, for the begin of a sentence.
  std::string place() const { return place_of(winner_->address().host_text()); }
  /// `fd` becomes ready with this socket, too.
  void watch(int socket_fd, short events) const { race_.wait_set().watch(socket_fd, events); }
  /// Addresses that failed before that, and why; empty when none did.
  std::string failed_before() const { return listed(race_.failures()); }

  const Loss& loss() const { return loss_; }

 private:
  Progress lose(Loss loss);
  Progress lose_all();
  Progress out_of_time(int64_t now_ns);
  Progress resolve(int64_t now_ns);
  std::string place_of(const std::string& address) const;

  Context context_;
  const Route& route_;
  AddressMemory& memory_;
  Waker waker_;

  bool is_resolving_ = true;
  Resolver resolver_;
  Race race_;
  std::unique_ptr<Attempt> winner_;
  int64_t end_ns_ = 0;
  Loss loss_;
};

}  // namespace sluice::net
