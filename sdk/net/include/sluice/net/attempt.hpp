// SPDX-License-Identifier: Apache-2.0
// One address on the way to a place where HTTP can be spoken: TCP, a tunnel where the route has a proxy, TLS. A state
// machine that never blocks; it ends ready, with a transport to be taken, or failed, and then says why in a few words.
// Knows nothing of other addresses and of deadlines.
#pragma once
#include <memory>
#include <string>

#include "sluice/net/loss.hpp"
#include "sluice/net/route.hpp"
#include "sluice/net/transport.hpp"

namespace sluice::net {

class Attempt {
 public:
  enum class State { connecting, tunnelling, securing, ready, failed };

  Attempt(const Route& route, const Address& address, int64_t now_ns);

  State step(int64_t wall_now_ns);
  State state() const { return state_; }
  int fd() const { return transport_->fd(); }
  short events() const { return events_; }
  const Address& address() const { return address_; }
  int64_t started_ns() const { return started_ns_; }

  std::unique_ptr<Transport> take_transport() { return std::move(transport_); }
  const Loss& loss() const { return loss_; }
  /// The loss of an attempt that is given up where it stands.
  Loss unanswered() const;

 private:
  State fail(Cause cause, std::string why);
  bool advance(int64_t wall_now_ns);
  bool wait(Io io, Cause cause, const char* cut);
  bool open_tunnel(int64_t wall_now_ns);

  const Route& route_;
  Address address_;
  int64_t started_ns_;
  State state_ = State::connecting;
  std::unique_ptr<Transport> transport_ = std::make_unique<Transport>();
  short events_ = 0;
  std::string request_;
  size_t request_sent_ = 0;
  std::string answer_;
  Loss loss_;
};

}  // namespace sluice::net
