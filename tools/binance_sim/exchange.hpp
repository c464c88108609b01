// SPDX-License-Identifier: Apache-2.0
// The market as all connections share it: pulls the feed onto the tape as it falls due, and lets each connection read
// at its own pace.
// By default the market waits: for the slowest connection while there is one, and altogether while there is none, so
// that ids issued are ids sent. With a live clock it goes on, and what passes a connection by is lost to it.
// A quiet market issues nothing for a while, and does not make up for it.
// Runs on one thread; never touches a socket.
#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "arrivals.hpp"
#include "feed.hpp"
#include "history.hpp"
#include "stream_faults.hpp"
#include "tape.hpp"
#include "truth.hpp"

namespace sluice::sim {

// A connection, as the exchange sees it.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual bool flowing() const = 0;                             // open, not held up by a fault, wants some stream
  virtual std::optional<std::uint64_t> holds_from() const = 0;  // the tape must keep what lies behind this position
  virtual const Wanted& wanted() const = 0;
  virtual void kick() = 0;  // there may be news
  virtual void too_slow() = 0;
};

// The market stands still for so long after this many frames.
struct Quiet {
  std::uint64_t after = 0;
  bool every = false;
  Time::duration lasts{};
};

class Exchange {
 public:
  struct Settings {
    bool live_clock = false;
    std::uint64_t last_position = 0;  // 0: no end
    std::vector<StreamFault> faults;
    std::vector<Quiet> quiet;
  };
  Exchange(boost::asio::io_context& io, const StreamTable& streams, Feed& feed, Truth& truth, History& history,
           const Settings& settings);

  void on_end(std::function<void()> ended) { on_end_ = std::move(ended); }
  void enter(Listener& listener) { listeners_.push_back(&listener); }
  void leave(Listener& listener);
  // Where a connection that starts (or resumes) now begins to read; `delay` is the one of its host.
  std::uint64_t start_position(const Listener& who, Time::duration delay) const;
  // True when the tape goes on behind this position.
  bool offer(std::uint64_t position);
  // The listener has written everything before `position`.
  void wrote_up_to(std::uint64_t position);
  // Who flows, or what they want, may have changed.
  void changed();
  // With a live clock and nobody who flows: issues what is due, for REST.
  void catch_up();
  void quiet(Time::duration lasts);
  StreamFaults& faults() { return faults_; }
  const Arrivals& arrivals() const { return arrivals_; }
  bool over() const { return feed_.ended() || (last_position_ != 0 && tape_.end() >= last_position_); }
  Tape& tape() { return tape_; }
  std::uint64_t tape_end() const { return tape_.end(); }
  void stop() {
    timer_.cancel();
    stopped_ = true;
  }

 private:
  void pull();
  std::size_t room() const;
  bool disturb();
  Feed::Issued issue(Time at);
  std::uint64_t next_quiet() const;
  bool is_quiet(const Now& now);
  void arm(const Now& now, bool all_dropped);
  void kick_all();
  void trim();
  void check_end();

  boost::asio::io_context& io_;
  Feed& feed_;
  Truth& truth_;
  History& history_;
  boost::asio::steady_timer timer_;
  bool live_clock_;
  std::uint64_t last_position_;
  Tape tape_;
  Arrivals arrivals_;
  std::vector<Quiet> quiets_;
  std::uint64_t quiet_taken_ = 0;  // up to here
  Time quiet_until_{};
  StreamFaults faults_;
  Tape undisturbed_;  // what faults have not seen yet; only within a pull
  std::vector<Listener*> listeners_;
  Wanted wanted_;
  std::size_t flowing_ = 0;
  bool halted_ = true;  // nobody flows, or did until now
  bool armed_ = false, kicking_ = false, ended_ = false, stopped_ = false;
  std::uint64_t furthest_ = 0;
  std::function<void()> on_end_;
};

}  // namespace sluice::sim
