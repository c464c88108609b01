// SPDX-License-Identifier: Apache-2.0
// From a route to an open websocket: a connection, and the upgrade over it. When the address that won does not upgrade,
// the next one is tried within the same time limit. A state machine that never blocks: `step` does what can be done at
// once, and the caller waits for the descriptor, the waker or the deadline in between. It ends open or with a loss that
// says what failed and where.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "sluice/net/dialer.hpp"
#include "sluice/net/read_buffer.hpp"
#include "sluice/net/upgrade.hpp"

namespace sluice::net {

class WebsocketDialer {
 public:
  enum class Progress { working, open, lost };

  /// `route` and `memory` must outlive it.
  WebsocketDialer(Context context, const Route& route, AddressMemory& memory, const Waker& waker)
      : context_(context), route_(route), dialer_(context, route, memory, waker) {}

  /// Once.
  void start(int64_t now_ns) { dialer_.start(now_ns); }
  /// Frames that came right behind the answer are left in `buffer`, unread.
  Progress step(int64_t now_ns, ReadBuffer& buffer);

  int fd() const { return dialer_.fd(); }
  short events() const { return dialer_.events(); }
  int64_t deadline_ns() const;

  /// The address that was reached, with its port.
  std::string peer() const { return dialer_.peer(); }
  /// Addresses that failed before that, and why; empty when none did.
  std::string failed_before() const { return dialer_.failed_before(); }
  /// Requests for an upgrade that were sent: servers count them.
  int upgrades() const { return upgrades_; }
  std::unique_ptr<Transport> take_transport() { return std::move(transport_); }
  const Loss& loss() const { return dialer_.loss(); }

 private:
  enum class State { dialing, asking, answered };

  Progress dial(int64_t now_ns, ReadBuffer& buffer);
  Progress ask(int64_t now_ns);
  Progress read_answer(int64_t now_ns, ReadBuffer& buffer);
  Progress wait(Io io, const char* cut, int64_t now_ns);
  Progress refuse(int64_t now_ns);
  Progress turn_down(Failure failure, bool try_others, int64_t now_ns);

  Context context_;
  const Route& route_;
  Dialer dialer_;

  State state_ = State::dialing;
  std::unique_ptr<Transport> transport_;
  std::string key_;
  std::string request_;
  size_t request_sent_ = 0;
  int upgrades_ = 0;
  std::optional<UpgradeAnswer> refusal_;
  int64_t answer_deadline_ns_ = 0;
  int64_t reason_deadline_ns_ = 0;
};

}  // namespace sluice::net
