// SPDX-License-Identifier: Apache-2.0
// From an endpoint to an open websocket: resolve, connect (each address in turn), TLS, upgrade. A state machine that
// never blocks: `step` does what can be done at once, and the caller waits for the socket, the waker or the deadline in
// between. One attempt at a time; it ends open or with a loss that says what failed.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "cause.hpp"
#include "read_buffer.hpp"
#include "resolver.hpp"
#include "transport.hpp"
#include "upgrade.hpp"
#include "url.hpp"

namespace sluice::binance {

class Dialer {
 public:
  enum class Progress { working, open, lost };

  Dialer(Context context, const Endpoint& endpoint, std::string target, SSL_CTX* tls, const Waker& waker,
         int64_t time_limit_ns)
      : context_(context),
        endpoint_(endpoint),
        target_(std::move(target)),
        tls_(tls),
        waker_(waker),
        time_limit_ns_(time_limit_ns) {}

  /// Once.
  void start(int64_t now_ns);
  /// Frames that came right behind the answer are left in `buffer`, unread.
  Progress step(int64_t now_ns, ReadBuffer& buffer);

  int fd() const { return transport_ ? transport_->fd() : -1; }
  short events() const { return events_; }
  int64_t deadline_ns() const;

  const std::string& peer() const { return peer_; }
  std::unique_ptr<Transport> take_transport() { return std::move(transport_); }
  const Loss& loss() const { return loss_; }

 private:
  enum class State { resolving, connecting, securing, asking, answered };

  Progress lose(Cause cause, std::string sentence);
  void note(const std::string& why_not);
  Progress next_address(int64_t now_ns);
  Progress resolve(int64_t now_ns);
  Progress wait_or_lose(Io io, Cause cause, const char* what);
  Progress ask();
  Progress read_answer(int64_t now_ns, ReadBuffer& buffer);
  Progress refuse();

  Context context_;
  Endpoint endpoint_;
  std::string target_;
  SSL_CTX* tls_;
  Waker waker_;
  int64_t time_limit_ns_;

  State state_ = State::resolving;
  Resolver resolver_;
  std::unique_ptr<Transport> transport_;
  size_t next_address_ = 0;
  std::string peer_;
  std::string why_no_address_;
  std::string key_;
  std::string request_;
  size_t request_sent_ = 0;
  std::optional<UpgradeAnswer> refusal_;
  int64_t reason_deadline_ns_ = 0;
  short events_ = 0;
  int64_t deadline_ns_ = 0;
  int64_t address_deadline_ns_ = 0;
  Loss loss_;
};

}  // namespace sluice::binance
