// SPDX-License-Identifier: Apache-2.0
// Session: reading, writing and ending of an open connection.
#include "session.hpp"

#include <fmt/format.h>

#include "control.hpp"

namespace sluice::sim {
namespace {

constexpr std::size_t piece_bytes = 256 * 1024;
constexpr auto close_deadline = std::chrono::seconds(2);

}  // namespace

Session::Session(Shared& shared, const Host& host, std::unique_ptr<Transport> transport)
    : shared_(shared),
      host_(host),
      transport_(std::move(transport)),
      subscriptions_(shared.streams),
      message_limit_(shared.options.messages_per_second),
      pings_(shared.options.ping_interval, shared.options.pong_timeout),
      liveness_timer_(transport_->socket().get_executor()),
      fault_timer_(transport_->socket().get_executor()),
      close_timer_(transport_->socket().get_executor()),
      delay_timer_(transport_->socket().get_executor()),
      lifetime_timer_(transport_->socket().get_executor()) {}

bool Session::flowing() const {
  return state_ == State::open && !stalled_ && !silenced_ && striking_.empty() && subscriptions_.wanted().any();
}

std::optional<std::uint64_t> Session::holds_from() const {
  if (state_ == State::gone || state_ == State::opening || (!writing_ && !flowing())) return std::nullopt;
  return written_up_to_;
}

void Session::too_slow() { cut("reset: too slow for the live clock"); }

void Session::cut(const std::string& how) {
  if (state_ != State::open || silenced_) return;
  silenced_ = is_cut_ = true;
  closed_by_ = how;
  shared_.exchange.changed();
  if (!writing_) return end_cut();
  // What the kernel has taken of the piece under way counts as sent, so its handler comes first.
  boost::system::error_code ignored;
  transport_->socket().cancel(ignored);
}

void Session::end_cut() {
  transport_->reset();
  finish(closed_by_);
}

void Session::streams_listed() {
  if (state_ == State::open) subscriptions_.refresh();
}

// Reading -----------------------------------------------------------------------------------------------------------

void Session::read() {
  transport_->read_some(boost::asio::buffer(incoming_),
                        [self = shared_from_this()](const Transport::Error& error, std::size_t bytes) {
                          if (self->state_ == State::gone) return;
                          if (error) return self->lost(error.message());
                          self->take({self->incoming_.data(), bytes});
                          if (self->state_ != State::gone) self->read();
                        });
}

void Session::take(std::string_view bytes) {
  std::vector<ClientMessage> messages;
  const bool good = client_frames_.feed(bytes, messages);
  for (const ClientMessage& message : messages)
    if (state_ != State::gone) take_message(message);
  if (!good && state_ == State::open)
    close(client_frames_.error_code(), client_frames_.error_code() == 1009 ? "message too big" : "protocol error");
}

void Session::take_message(const ClientMessage& message) {
  const Time at = std::chrono::steady_clock::now();
  if (message.opcode == Opcode::close) {
    if (close_received_) return;
    close_received_ = true;
    if (close_sent_) return end_gracefully();
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(message.payload[i]); };
    const unsigned code = message.payload.size() >= 2 ? static_cast<unsigned>(byte(0) << 8 | byte(1)) : 1005U;
    close(code == 1005 ? 1000 : code, "");
    closed_by_ = fmt::format("client, {}", code);
    return;
  }
  if (state_ != State::open) return;
  if (message.opcode == Opcode::pong && pings_.pong(message.payload)) {
    ++account_->pongs;
    watch();
    return;
  }
  if (!message_limit_.admit(at)) return close(1008, "Too many requests");
  if (message.opcode == Opcode::ping) return send(make_frame(Opcode::pong, message.payload));
  if (message.opcode == Opcode::pong) return;
  ++account_->requests;
  const std::optional<std::string> reply = answer_request(message.payload, subscriptions_);
  shared_.exchange.changed();
  if (reply) send(make_frame(Opcode::text, *reply));
  pump();
}

// Writing -----------------------------------------------------------------------------------------------------------

void Session::send(const std::string& frame) {
  urgent_ += frame;
  pump();
}

void Session::pump() {
  if (writing_ || silenced_ || state_ == State::opening || state_ == State::gone) return;
  outbox_.clear();
  outbox_.append(urgent_);
  urgent_.clear();
  if (flowing()) fill();
  if (outbox_.size() > 0) {
    writing_ = true;
    write_more();
    return;
  }
  if (written_up_to_ != cursor_) {
    written_up_to_ = cursor_;  // passed over what it did not want
    shared_.exchange.wrote_up_to(cursor_);
  }
  if (!striking_.empty()) return strike();
  if (close_sent_ && close_received_) end_gracefully();
}

void Session::fill() {
  Tape& tape = shared_.exchange.tape();
  if (cursor_ < tape.begin()) move_to(tape.begin());
  const Wanted& wanted = subscriptions_.wanted();
  while (outbox_.size() < piece_bytes && striking_.empty() && shared_.exchange.offer(cursor_)) {
    const std::uint64_t end = std::min(readable_end(), next_fault_);
    if (cursor_ >= end) return;
    while (cursor_ < end && outbox_.size() < piece_bytes) {
      Event& event = tape.at(cursor_++);
      if (wanted.has(event.stream) && !is_silent(event)) put_event(event);
    }
    if (cursor_ == next_fault_) plan_faults();
  }
}

// Up to here the host has the events by now.
std::uint64_t Session::readable_end() {
  Exchange& exchange = shared_.exchange;
  if (host_.delay == Duration::zero()) return exchange.tape().end();
  const std::uint64_t end = exchange.arrivals().end_at(std::chrono::steady_clock::now() - host_.delay);
  if (end > cursor_) return end;
  delay_timer_.expires_at(exchange.arrivals().of(cursor_) + host_.delay);
  delay_timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error && self->state_ != State::gone) self->pump();
  });
  return cursor_;
}

// Without writing what lies between.
void Session::move_to(std::uint64_t position) {
  cursor_ = written_up_to_ = position;
  next_fault_ = shared_.options.faults.next_after(position, host_.number);
}

void Session::put_event(Event& event) {
  const std::size_t from = outbox_.size();
  char* const out = outbox_.reserve(shared_.renderer.room_for(event));
  outbox_.commit_frame(shared_.renderer.render(event, subscriptions_.shape, out), cursor_);
  ++data_frames_;
  const std::uint64_t every = shared_.options.fragment_every;
  if (every != 0 && data_frames_ % every == 0) put_fragmented(from);
}

void Session::put_fragmented(std::size_t from) {
  const std::string frame(outbox_.tail(from));
  const std::size_t header = static_cast<unsigned char>(frame[1]) < 126 ? 2 : frame[1] == 126 ? 4 : 10;
  const std::string_view payload = std::string_view(frame).substr(header);
  const std::string pieces = make_frame(Opcode::text, payload.substr(0, payload.size() / 2), false) + ping_frame() +
                             make_frame(Opcode::continuation, payload.substr(payload.size() / 2));
  outbox_.replace_last_frame(from, pieces);
}

void Session::write_more() {
  transport_->write_some(boost::asio::buffer(outbox_.unwritten(), outbox_.unwritten_size()),
                         [self = shared_from_this()](const Transport::Error& error, std::size_t bytes) {
                           if (self->state_ == State::gone) return;
                           self->account_->bytes += bytes;
                           self->outbox_.wrote(bytes, [&](std::uint64_t position) { self->frame_written(position); });
                           if (self->is_cut_) return self->end_cut();
                           if (error) return self->lost(error.message());
                           if (!self->outbox_.all_written()) return self->write_more();
                           self->writing_ = false;
                           self->written_up_to_ = self->cursor_;
                           self->shared_.exchange.wrote_up_to(self->cursor_);
                           self->pump();
                         });
}

void Session::frame_written(std::uint64_t position) {
  Event& event = shared_.exchange.tape().at(position - 1);
  ++account_->frames;
  account_->stream(event.stream).add(event.id);
  if (!event.counted) {
    event.counted = true;
    shared_.truth.sent(event);
  }
  written_up_to_ = position;
}

// Ending ------------------------------------------------------------------------------------------------------------

void Session::close(unsigned code, const std::string& reason) {
  if (state_ == State::opening) return finish("server stopped");
  if (state_ != State::open || silenced_) return;
  state_ = State::closing;
  close_sent_ = true;
  closed_by_ = fmt::format("server, {}{}{}", code, reason.empty() ? "" : " ", reason);
  shared_.exchange.changed();
  after(close_timer_, close_deadline, [this] { finish(closed_by_ + ", client did not answer"); });
  send(make_close_frame(code, reason));
}

void Session::end_gracefully() {
  if (writing_ || !urgent_.empty() || silenced_) return;
  silenced_ = true;
  transport_->finish([self = shared_from_this()] { self->finish(self->closed_by_); });
}

// The socket failed or ended under us.
void Session::lost(const std::string& how) {
  if (state_ == State::gone || is_cut_ || (silenced_ && close_received_)) return;
  finish(state_ == State::closing || silenced_ ? closed_by_ : "client, without a close frame: " + how);
}

void Session::abandon() {
  finish(closed_by_.empty() ? "server stopped, the client did not read" : closed_by_ + ", client did not answer");
}

void Session::finish(const std::string& how) {
  if (state_ == State::gone) return;
  const auto self = shared_from_this();
  const bool was_open = state_ != State::opening;
  state_ = State::gone;
  ConnectionTruth& truth = account();
  truth.unacknowledged_bytes = transport_->unacknowledged();
  truth.closed_by = how;
  const auto since = std::chrono::steady_clock::now() - shared_.started;
  truth.closed_ms = std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
  shared_.log(fmt::format("connection {} closed by {}; {} frames", truth.number, how, truth.frames));
  liveness_timer_.cancel();
  delay_timer_.cancel();
  lifetime_timer_.cancel();
  fault_timer_.cancel();
  close_timer_.cancel();
  transport_->close();
  if (was_open) {
    shared_.exchange.leave(*this);
    shared_.exchange.wrote_up_to(written_up_to_);
  }
  gone_(this);
}

}  // namespace sluice::sim
