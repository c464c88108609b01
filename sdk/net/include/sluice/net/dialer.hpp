// SPDX-License-Identifier: Apache-2.0
// From a route to an open websocket: resolve, race the addresses, upgrade. When the address that won turns out to be of
// no use, the next one is tried within the same time limit. A state machine that never blocks: `step` does what can be
// done at once, and the caller waits for the descriptor, the waker or the deadline in between. It ends open or with a
// loss that says what failed and where; the memory of addresses learns from both.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "sluice/net/addresses.hpp"
#include "sluice/net/loss.hpp"
#include "sluice/net/race.hpp"
#include "sluice/net/read_buffer.hpp"
#include "sluice/net/resolver.hpp"
#include "sluice/net/route.hpp"
#include "sluice/net/transport.hpp"
#include "sluice/net/upgrade.hpp"

namespace sluice::net {

class Dialer {
 public:
  enum class Progress { working, open, lost };

  /// `route` and `memory` must outlive it.
  Dialer(Context context, const Route& route, AddressMemory& memory, const Waker& waker)
      : context_(context), route_(route), memory_(memory), waker_(waker), race_(route, memory) {}

  /// Once.
  void start(int64_t now_ns);
  /// Frames that came right behind the answer are left in `buffer`, unread.
  Progress step(int64_t now_ns, ReadBuffer& buffer);

  int fd() const;
  short events() const { return POLLIN; }
  int64_t deadline_ns() const;

  /// The address that was reached, with its port.
  std::string peer() const { return winner_->address().text(); }
  /// Addresses that failed before that, and why; empty when none did.
  std::string failed_before() const { return listed(race_.failures()); }
  /// Requests for an upgrade that were sent: servers count them.
  int upgrades() const { return upgrades_; }
  std::unique_ptr<Transport> take_transport() { return std::move(transport_); }
  const Loss& loss() const { return loss_; }

 private:
  enum class State { resolving, racing, asking, answered };

  Progress lose(Loss loss);
  Progress lose_all();
  Progress out_of_time(int64_t now_ns);
  Progress resolve(int64_t now_ns);
  Progress race(int64_t now_ns, ReadBuffer& buffer);
  Progress ask(int64_t now_ns);
  Progress read_answer(int64_t now_ns, ReadBuffer& buffer);
  Progress wait(Io io, const char* cut, int64_t now_ns);
  Progress refuse(int64_t now_ns);
  Progress fail_winner(Failure failure, bool try_others, int64_t now_ns);
  std::string where(const std::string& address) const;

  Context context_;
  const Route& route_;
  AddressMemory& memory_;
  Waker waker_;

  State state_ = State::resolving;
  Resolver resolver_;
  Race race_;
  std::unique_ptr<Attempt> winner_;
  std::unique_ptr<Transport> transport_;
  std::string key_;
  std::string request_;
  size_t request_sent_ = 0;
  int upgrades_ = 0;
  std::optional<UpgradeAnswer> refusal_;
  int64_t deadline_ns_ = 0;
  int64_t answer_deadline_ns_ = 0;
  int64_t reason_deadline_ns_ = 0;
  Loss loss_;
};

}  // namespace sluice::net
