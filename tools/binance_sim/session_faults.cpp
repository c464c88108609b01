// SPDX-License-Identifier: Apache-2.0
// Session: pings and their enforcement, and the faults it was told to make.
#include <fmt/format.h>

#include <algorithm>

#include "session.hpp"

namespace sluice::sim {
namespace {

std::int64_t wall_ms() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

}  // namespace

void Session::after(boost::asio::steady_timer& timer, Duration wait, std::function<void()> then) {
  timer.expires_after(wait);
  timer.async_wait([self = shared_from_this(), then = std::move(then)](const boost::system::error_code& error) {
    if (!error && self->state_ != State::gone) then();
  });
}

void Session::watch() {
  const auto next = pings_.next_event();
  if (!next || state_ != State::open) return;
  after(liveness_timer_, std::max(Duration::zero(), *next - std::chrono::steady_clock::now()), [this] {
    const Time at = std::chrono::steady_clock::now();
    if (state_ != State::open || silenced_) return;
    if (pings_.expired(at)) return close(1008, "Pong timeout");
    if (pings_.ping_due(at)) send(ping_frame());
    watch();
  });
}

std::string Session::ping_frame() {
  ++account_->pings;
  return make_frame(Opcode::ping, pings_.make_ping(std::chrono::steady_clock::now(), wall_ms()));
}

// The cursor stands where something strikes. Malformed frames go out right here, the rest once all is written.
void Session::plan_faults() {
  for (const Fault& fault : shared_.options.faults.at(cursor_, host_.number)) {
    if (fault.kind == FaultKind::malformed) {
      send_malformed(fault, [this](const std::string& frame) { outbox_.append(frame); });
    } else if (fault.kind == FaultKind::silence) {
      silence(fault);
    } else {
      striking_.push_back(fault);
    }
  }
  next_fault_ = shared_.options.faults.next_after(cursor_, host_.number);
  if (!striking_.empty()) shared_.exchange.changed();
}

void Session::strike_now(const Fault& fault) {
  if (state_ != State::open || silenced_) return;
  if (fault.kind == FaultKind::silence) return silence(fault);
  if (fault.kind == FaultKind::malformed) {
    send_malformed(fault, [this](const std::string& frame) { urgent_ += frame; });
  } else {
    striking_.push_back(fault);
    shared_.exchange.changed();
  }
  pump();
}

void Session::send_malformed(const Fault& fault, const std::function<void(const std::string&)>& put) {
  const std::uint64_t count = shared_.malformed_sent++;
  put(malformed_frame(fault.malformed ? *fault.malformed : malformed_kinds[count % std::size(malformed_kinds)], count));
  ++account_->malformed;
}

void Session::silence(const Fault& fault) {
  const Time until = fault.seconds ? std::chrono::steady_clock::now() + in_seconds(*fault.seconds) : Time::max();
  silences_.push_back({fault.stream, until});
}

bool Session::is_silent(const Event& event) {
  if (silences_.empty()) return false;
  const Time now = std::chrono::steady_clock::now();
  std::erase_if(silences_, [&](const Silence& silence) { return silence.until <= now; });
  const bool silent = std::any_of(silences_.begin(), silences_.end(), [&](const Silence& silence) {
    return matches(silence.stream, shared_.streams[event.stream]);
  });
  if (silent) ++account_->silenced;
  return silent;
}

void Session::strike() {
  const Fault fault = striking_.front();
  striking_.erase(striking_.begin());
  switch (fault.kind) {
    case FaultKind::malformed:
    case FaultKind::silence:
      break;
    case FaultKind::close:
      return close(fault.close_code, fault.close_code == 1001 ? "going away" : "");
    case FaultKind::stall:
      return stall(fault);
    case FaultKind::shutdown: {
      const std::string event = fmt::format(R"({{"e":"serverShutdown","E":{}}})", wall_ms());
      const bool combined = subscriptions_.shape.combined;
      urgent_ += make_frame(Opcode::text, combined ? R"({"stream":"!serverShutdown","data":)" + event + "}" : event);
      after(fault_timer_, in_seconds(fault.seconds.value_or(0)), [this] { close(1001, "going away"); });
      break;
    }
    case FaultKind::cut:
      silenced_ = true;
      closed_by_ = "server, reset as told";
      return when_delivered([this] {
        transport_->reset();
        finish(closed_by_);
      });
    case FaultKind::truncate:
      silenced_ = true;
      closed_by_ = "server, end of stream without a close frame as told";
      return when_delivered([this] {
        transport_->half_close();
        after(close_timer_, std::chrono::seconds(1), [this] { finish(closed_by_); });
      });
  }
  shared_.exchange.changed();
  pump();
}

void Session::stall(const Fault& fault) {
  stalled_ = true;
  shared_.exchange.changed();
  if (fault.seconds)
    after(fault_timer_, in_seconds(*fault.seconds), [this] {
      stalled_ = false;
      if (shared_.options.live_clock) move_to(shared_.exchange.tape().end());
      shared_.exchange.changed();
      pump();
    });
  pump();
}

// Waits until the client's kernel has all that was written, so that a cut falls exactly behind frame N.
void Session::when_delivered(std::function<void()> then, int tries) {
  shared_.exchange.changed();
  if (tries == 0 || transport_->unacknowledged() == 0) return then();
  after(fault_timer_, std::chrono::milliseconds(1),
        [this, then = std::move(then), tries] { when_delivered(then, tries - 1); });
}

}  // namespace sluice::sim
