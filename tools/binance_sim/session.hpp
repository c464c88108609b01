// SPDX-License-Identifier: Apache-2.0
// One connection of a client: upgrade, market frames, control requests, pings, faults, close. A connection whose first
// request is one to REST is handed over with what was read of it.
// Writes frames in large pieces at frame boundaries; control frames wait for the piece under way and go before the
// next. Tells the truth what was written, exactly when the last byte of a frame was taken.
// Runs on the server's thread; stays alive by the operations under way, and reports `gone` once.
#pragma once
#include <array>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "client_frames.hpp"
#include "door.hpp"
#include "exchange.hpp"
#include "faults.hpp"
#include "frames.hpp"
#include "liveness.hpp"
#include "options.hpp"
#include "outbox.hpp"
#include "subscriptions.hpp"
#include "transport.hpp"

namespace sluice::sim {

// What all sessions of a server use.
struct Shared {
  const Options& options;
  const StreamTable& streams;
  const FrameRenderer& renderer;
  Exchange& exchange;
  Truth& truth;
  std::function<void(const std::string&)> log;
  std::function<unsigned()> refusal;  // the HTTP status to answer an upgrade with; 0 lets the client in
  // REST and what is like it, with what was read of the requests.
  std::function<void(const Host&, std::unique_ptr<Transport>, std::string)> serve_rest;
  std::function<bool(const Host&)> is_away;
  Time started;
  std::uint64_t malformed_sent = 0;
};

class Session final : public Listener, public std::enable_shared_from_this<Session> {
 public:
  Session(Shared& shared, const Host& host, std::unique_ptr<Transport> transport);

  void start(std::function<void(Session*)> gone);
  void close(unsigned code, const std::string& reason);
  // Now, instead of after a number of frames.
  void strike_now(const Fault& fault);
  void cut(const std::string& how);
  // One was listed that the connection may have asked for already.
  void streams_listed();
  const Host& host() const { return host_; }
  bool is_open() const { return state_ == State::open; }
  const ConnectionTruth& account_so_far() const { return *account_; }
  // The server ends and waits no longer.
  void abandon();

  bool flowing() const override;
  std::optional<std::uint64_t> holds_from() const override;
  const Wanted& wanted() const override { return subscriptions_.wanted(); }
  void kick() override { pump(); }
  void too_slow() override;

 private:
  enum class State { opening, open, closing, gone };

  // Opening (session_open.cpp)
  void read_head();
  void answer_head(std::string_view head);
  void hand_over_to_rest();
  ConnectionTruth& account();
  void refuse(unsigned status, const std::string& sentence);
  void open(std::string_view head_rest, const std::string& response);

  // Reading
  void read();
  void take(std::string_view bytes);
  void take_message(const ClientMessage& message);

  // Writing
  void pump();
  void fill();
  void move_to(std::uint64_t position);
  std::uint64_t readable_end();
  bool is_silent(const Event& event);
  void put_event(Event& event);
  void put_fragmented(std::size_t from);
  void write_more();
  void frame_written(std::uint64_t position);
  void send(const std::string& frame);

  // Liveness and faults (session_faults.cpp)
  void watch();
  std::string ping_frame();
  void plan_faults();
  void strike();
  void send_malformed(const Fault& fault, const std::function<void(const std::string&)>& put);
  void silence(const Fault& fault);
  void stall(const Fault& fault);
  void when_delivered(std::function<void()> then, int tries = 5000);
  void after(boost::asio::steady_timer& timer, Duration wait, std::function<void()> then);

  // Ending
  void end_gracefully();
  void lost(const std::string& how);
  void end_cut();
  void finish(const std::string& how);

  struct Silence {
    std::string stream;
    Time until;
  };

  Shared& shared_;
  Host host_;
  std::unique_ptr<Transport> transport_;
  State state_ = State::opening;
  std::function<void(Session*)> gone_;
  ConnectionTruth* account_ = nullptr;  // from the upgrade on; a connection to REST has none
  Time opened_;
  Subscriptions subscriptions_;

  std::array<char, 16384> incoming_{};
  std::string head_;
  ClientFrames client_frames_;
  MessageLimit message_limit_;
  PingBook pings_;

  Outbox outbox_;
  std::string urgent_;
  bool writing_ = false;
  std::uint64_t cursor_ = 0;  // rendered up to here
  std::uint64_t written_up_to_ = 0;
  std::uint64_t data_frames_ = 0;

  std::uint64_t next_fault_ = 0;
  std::vector<Fault> striking_;
  std::vector<Silence> silences_;
  bool stalled_ = false;
  bool silenced_ = false;  // a fault ends this connection: nothing more is written
  bool is_cut_ = false;    // and reset as soon as no write is under way
  bool close_sent_ = false, close_received_ = false;
  std::string closed_by_;
  boost::asio::steady_timer liveness_timer_, fault_timer_, close_timer_, delay_timer_, lifetime_timer_;
};

}  // namespace sluice::sim
