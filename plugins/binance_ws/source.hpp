// SPDX-License-Identifier: Apache-2.0
// The node: keeps one websocket to the exchange, reconnects whatever ends it, and emits what comes, up to the credit.
// Without credit it stops reading, so TCP pushes back, and closes the connection itself before the exchange would. All
// waiting is in poll, for the socket, a wake or the deadline; nothing else waits. Cannot replay.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "connect_budget.hpp"
#include "last_ids.hpp"
#include "metrics.hpp"
#include "options.hpp"
#include "probe.hpp"
#include "record_maker.hpp"
#include "repair.hpp"
#include "session.hpp"
#include "sluice/backoff.hpp"
#include "sluice/net/wait_set.hpp"
#include "sluice/net/waiter.hpp"
#include "sluice/net/websocket_dialer.hpp"
#include "sluice/node.hpp"

namespace sluice::binance {

class BinanceSource : public Source {
 public:
  static void describe(Config config, Description& description) { describe_node(config, description); }
  static Result<void> probe(Config config, Description& description) { return probe_exchange(config, description); }
  static Result<std::unique_ptr<BinanceSource>> open(Context context, Config config);

  BinanceSource(Context context, Options options, net::TlsContext tls, net::Waker waker);

  TailQuery tail_query();
  Result<TailWants> learn(const TailPart& part);
  Result<void> start() override;
  Result<Poll> poll(const Credit& credit, int64_t monotonic_deadline_ns) override;
  void wake() override { waker_.wake(); }
  void stop() override;

 private:
  Result<Poll> poll_within(const Credit& credit, int64_t deadline_ns);
  void advance(const Credit& credit, int64_t now_ns);
  void advance_repair(int64_t now_ns);
  void advance_session(const Credit& credit, int64_t now_ns);
  Emitted take_messages(const Credit& credit, int64_t now_ns);
  void show(bool is_new, int64_t now_ns);
  void dial(int64_t now_ns);
  void opened(int64_t now_ns);
  void lost(const Loss& loss, bool had_data, int64_t now_ns);
  /// True when the socket had something or had not been emptied.
  bool wait(const Credit& credit, int64_t deadline_ns, int64_t now_ns);
  void give_out_kept();
  void linger(int64_t deadline_ns);

  Context context_;
  Options options_;
  net::TlsContext tls_;
  net::Waker waker_;
  Metrics metrics_;
  Backoff backoff_;
  std::shared_ptr<ConnectBudget> budget_;
  net::ReadBuffer buffer_;
  RecordMaker records_;
  std::optional<LastIds> last_ids_;  ///< until it starts
  std::optional<Repair> repair_;
  net::WaitSet both_;  ///< the websocket's socket and that of the repair
  net::Route route_;
  net::AddressMemory addresses_;
  std::string peer_;           ///< the address of the session
  std::string connected_to_;   ///< the same as a sentence
  int64_t open_since_ns_ = 0;  ///< since when ids have been missing; 0: none is
  bool shows_gaps_ = false;    ///< in the status
  int64_t show_again_ns_ = 0;

  // One of the two, or neither: then the next attempt is at next_attempt_ns_, once there is credit.
  std::optional<net::WebsocketDialer> dialer_;
  std::optional<Session> session_;
  int64_t next_attempt_ns_ = 0;

  Credit left_{};  ///< of the last poll
  bool stopped_ = false;
  int64_t linger_until_ns_ = 0;
};

}  // namespace sluice::binance
