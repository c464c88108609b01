// SPDX-License-Identifier: Apache-2.0
// The node: keeps its connections to the exchange, repairs what is missing, and emits what comes, up to the credit.
// Without credit it stops reading, so TCP pushes back, and closes a connection itself before the exchange would. All
// waiting is in poll, for the sockets, a wake or the deadline; nothing else waits. Cannot replay.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connection.hpp"
#include "last_ids.hpp"
#include "metrics.hpp"
#include "options.hpp"
#include "probe.hpp"
#include "record_maker.hpp"
#include "repair.hpp"
#include "sluice/net/waiter.hpp"
#include "sluice/node.hpp"
#include "watchdog.hpp"

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
  void advance(Connection& connection, const Credit& credit, int64_t now_ns);
  void advance_repair(int64_t now_ns);
  void advance_watchdog(const Credit& credit, int64_t now_ns);
  Emitted take_messages(Connection& connection, const Credit& credit, int64_t now_ns);
  void hear(Connection& connection, Connection::News news);
  void show(bool is_new, int64_t now_ns);
  /// True when a socket had something or had not been emptied.
  bool wait(const Credit& credit, int64_t deadline_ns, int64_t now_ns);
  void give_out_kept();
  void linger(int64_t deadline_ns);

  Context context_;
  Options options_;
  net::TlsContext tls_;
  net::Waker waker_;
  Metrics metrics_;
  RecordMaker records_;
  std::optional<LastIds> last_ids_;    ///< until it starts
  std::optional<OpenGaps> open_gaps_;  ///< the same
  uint32_t outputs_asked_ = 0;         ///< that the stores behind them are or were asked for
  bool leaves_gaps_open_ = false;      ///< at a stop, for the next run
  std::optional<Repair> repair_;
  std::optional<Watchdog> watchdog_;  ///< with a repair
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<pollfd> fds_;    ///< of a wait: the waker's, those of the connections, that of the repair
  int64_t open_since_ns_ = 0;  ///< since when ids have been missing; 0: none is
  bool shows_gaps_ = false;    ///< in the status
  int64_t show_again_ns_ = 0;

  Credit left_{};  ///< of the last poll
  bool stopped_ = false;
};

}  // namespace sluice::binance
