// SPDX-License-Identifier: Apache-2.0
// One place among a node's connections to the exchange: dials when it may, carries a session, and after a loss dials
// again when its turn comes. Says what happened; who owns it takes the messages, and says what that means. All waiting
// is the owner's: see interest. One thread.
#pragma once
#include <poll.h>

#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "connect_budget.hpp"
#include "metrics.hpp"
#include "options.hpp"
#include "session.hpp"
#include "sluice/backoff.hpp"
#include "sluice/net/waiter.hpp"
#include "sluice/net/websocket_dialer.hpp"
#include "sluice/node.hpp"

namespace sluice::binance {

class Connection {
 public:
  enum class News : uint8_t { none, dialing, opened, lost };
  struct Interest {
    int fd = -1;
    short events = 0;
    int64_t until_ns = std::numeric_limits<int64_t>::max();
    bool has_more = false;  ///< there is something to read: wait for nothing
  };

  /// `options` and `metrics` outlive it.
  Connection(Context context, const Options& options, const Metrics& metrics, net::Route route, net::Waker waker);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Dials, and reads what there is room for. To be called again after each piece of news.
  News advance(const Credit& credit, int64_t now_ns);
  /// After the owner took messages and made `records` of them: sees to the deadlines, and to the end once all were
  /// taken.
  News settle(uint64_t records, const Credit& credit, int64_t now_ns);
  /// What comes next of it: the socket, a moment, or both.
  Interest interest(const Credit& credit, int64_t now_ns) const;

  /// Null: there is none now.
  Session* session() { return session_ ? &*session_ : nullptr; }
  net::ReadBuffer& buffer() { return buffer_; }
  bool carries() const { return session_ && session_->had_data(); }
  /// `connected to ...` of the session, or what became of the last one.
  const std::string& sentence() const { return sentence_; }
  /// Of the news `lost`.
  const Loss& loss() const { return loss_; }
  bool had_data() const { return had_data_; }

  /// Dials no more, and says goodbye where it is connected.
  void leave();
  /// After that: true once the other side has ended too, or `now_ns` is too late to wait for it.
  bool has_left(int64_t now_ns);
  int64_t leaves_until_ns() const { return leaves_until_ns_; }

 private:
  bool dial(int64_t now_ns);
  void opened(int64_t now_ns);
  News lost(Loss loss, bool had_data, int64_t now_ns);

  Context context_;
  const Options& options_;
  const Metrics& metrics_;
  const net::Route route_;
  net::Waker waker_;
  Backoff backoff_;
  std::shared_ptr<ConnectBudget> budget_;
  net::ReadBuffer buffer_;
  net::AddressMemory addresses_;
  std::string peer_;  ///< the address of the session
  std::string sentence_;

  // One of the two, or neither: then the next attempt is at next_attempt_ns_, once there is credit.
  std::optional<net::WebsocketDialer> dialer_;
  std::optional<Session> session_;
  int64_t next_attempt_ns_ = 0;

  Loss loss_;
  bool had_data_ = false;
  int64_t leaves_until_ns_ = 0;
};

}  // namespace sluice::binance
