// SPDX-License-Identifier: Apache-2.0
#include "connection.hpp"

#include <algorithm>
#include <utility>

#include "sluice/net/seconds.hpp"

namespace sluice::binance {
namespace {

constexpr int64_t goodbye_limit_ns = 1'000'000'000;
/// A connection that carried data and lasted that long resets the pauses between attempts.
constexpr int64_t a_while_ns = 10'000'000'000;

bool has_room(const Credit& credit) { return credit.records > 0 && credit.bytes > 0; }

}  // namespace

Connection::Connection(Context context, const Options& options, const Metrics& metrics, net::Route route,
                       net::Waker waker)
    : context_(context),
      options_(options),
      metrics_(metrics),
      route_(std::move(route)),
      waker_(std::move(waker)),
      backoff_(Backoff::Duration(options.reconnect_first_ns), Backoff::Duration(options.reconnect_max_ns)),
      budget_(ConnectBudget::of(net::ascii_lower(route_.endpoint.server_name()))),
      buffer_(context) {}

Connection::News Connection::advance(const Credit& credit, int64_t now_ns) {
  if (session_) {
    session_->send_waiting();
    if (!has_room(credit)) {
      session_->rest(now_ns);
    } else if (session_->messages().empty()) {
      session_->resume(now_ns);
      session_->read(now_ns);
    }
    if (const uint64_t bytes = session_->take_bytes(); bytes != 0) metrics_.bytes.add(static_cast<int64_t>(bytes));
    if (const uint64_t pings = session_->take_pings(); pings != 0) metrics_.pings.add(static_cast<int64_t>(pings));
    return News::none;
  }
  if (!dialer_) {
    const bool is_due = leaves_until_ns_ == 0 && credit.records > 0 && now_ns >= next_attempt_ns_;
    return is_due && dial(now_ns) ? News::dialing : News::none;
  }
  switch (dialer_->step(now_ns, buffer_)) {
    case net::WebsocketDialer::Progress::working:
      break;
    case net::WebsocketDialer::Progress::open:
      budget_->spend(dialer_->upgrades() - 1, now_ns);
      opened(now_ns);
      return News::opened;
    case net::WebsocketDialer::Progress::lost: {
      Loss loss = loss_of(dialer_->loss());
      budget_->spend(dialer_->upgrades() - 1, now_ns);
      dialer_.reset();
      return lost(std::move(loss), false, now_ns);
    }
  }
  return News::none;
}

Connection::News Connection::settle(uint64_t records, const Credit& credit, int64_t now_ns) {
  Session& session = *session_;
  if (!session.messages().empty()) {
    if (records > 0) session.rest(now_ns);
    return News::none;
  }
  if (has_room(credit)) session.check_deadlines(now_ns);
  if (!session.loss()) return News::none;
  Loss loss = *session.loss();
  const bool had_data = session.had_data();
  if (had_data && now_ns - session.opened_ns() >= a_while_ns) backoff_.reset();
  session_.reset();
  return lost(std::move(loss), had_data, now_ns);
}

bool Connection::dial(int64_t now_ns) {
  if (!budget_->take(now_ns)) {
    // Another one was first.
    next_attempt_ns_ = budget_->free_at(now_ns);
    return false;
  }
  buffer_.discard_unread();
  sentence_ = "connecting to " + route_.name();
  dialer_.emplace(context_, route_, addresses_, waker_);
  dialer_->start(now_ns);
  return true;
}

void Connection::opened(int64_t now_ns) {
  peer_ = dialer_->peer();
  sentence_ = "connected to " + route_.name() + " (" + peer_ + ")";
  const std::string failed_before = dialer_->failed_before();
  const SessionLimits limits{options_.max_frame_bytes, options_.read_deadline_ns, options_.data_deadline_ns,
                             options_.stop_reading_limit_ns};
  session_.emplace(context_, dialer_->take_transport(), buffer_, limits, now_ns);
  dialer_.reset();
  metrics_.connections.add();
  context_.info(sentence_ + (failed_before.empty() ? "" : "; before that " + failed_before));
}

Connection::News Connection::lost(Loss loss, bool had_data, int64_t now_ns) {
  metrics_.reconnects[static_cast<size_t>(loss.cause)].add();
  if (had_data) metrics_.gaps.add();
  // An address that takes connections and sends nothing is no better than one that refuses them.
  if (!had_data && !peer_.empty() && loss.cause != Cause::backpressure) addresses_.failed(peer_, now_ns);
  peer_.clear();
  // What a proxy asks for is not about the exchange, to which others may go directly.
  if (loss.retry_after_ns > 0 && loss.cause != Cause::proxy) budget_->hold_until(now_ns + loss.retry_after_ns);
  const int64_t own_wait_ns = backoff_.next(context_.random()).count();
  next_attempt_ns_ = budget_->free_at(now_ns + own_wait_ns);
  if (loss.cause == Cause::backpressure) {
    context_.warn(loss.sentence);
  } else {
    const int64_t wait_ns = next_attempt_ns_ - now_ns;
    const bool is_held_back = wait_ns > std::max(own_wait_ns, loss.retry_after_ns);
    context_.warn(loss.sentence + "; next attempt in " + net::seconds(wait_ns) +
                  (is_held_back ? ", as this process may not connect to this host more often for now" : ""));
  }
  sentence_ = loss.sentence;
  loss_ = std::move(loss);
  had_data_ = had_data;
  return News::lost;
}

Connection::Interest Connection::interest(const Credit& credit, int64_t now_ns) const {
  Interest interest;
  if (dialer_) {
    interest.fd = dialer_->fd();
    interest.events = dialer_->events();
    interest.until_ns = dialer_->deadline_ns();
  } else if (session_) {
    const bool reading = has_room(credit) && session_->messages().empty();
    interest.fd = session_->fd();
    interest.events = session_->events(reading);
    interest.has_more = reading && !session_->drained();
    interest.until_ns = interest.has_more ? now_ns : session_->next_deadline_ns();
  } else if (credit.records > 0) {
    interest.until_ns = next_attempt_ns_;
  }
  return interest;
}

void Connection::leave() {
  dialer_.reset();
  leaves_until_ns_ = context_.monotonic_ns() + goodbye_limit_ns;
  if (session_) session_->say_goodbye();
}

// The other side is given the time to read our close frame: closing a socket that still has unread bytes resets it.
bool Connection::has_left(int64_t now_ns) {
  if (session_ && (now_ns >= leaves_until_ns_ || session_->linger())) session_.reset();
  return !session_;
}

}  // namespace sluice::binance
