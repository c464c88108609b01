// SPDX-License-Identifier: Apache-2.0
#include "source.hpp"

#include <algorithm>
#include <limits>

#include "sluice/net/seconds.hpp"

namespace sluice::binance {
namespace {

constexpr int64_t never_ns = std::numeric_limits<int64_t>::max();
constexpr int64_t goodbye_limit_ns = 1'000'000'000;
/// A connection that carried data and lasted that long resets the pauses between attempts.
constexpr int64_t a_while_ns = 10'000'000'000;
constexpr int64_t lasting_gap_ns = 2'000'000'000;

std::string open_text(const Continuity::Open& open) {
  return std::to_string(open.ids) + (open.ids == 1 ? " id is" : " ids are") + " missing in " +
         std::to_string(open.gaps) + (open.gaps == 1 ? " gap" : " gaps");
}

}  // namespace

Result<std::unique_ptr<BinanceSource>> BinanceSource::open(Context context, Config config) {
  Result<Options> options = parse_options(config);
  if (!options) return options.error();
  net::TlsContext tls;
  if (options->needs_tls()) {
    Result<net::TlsContext> made = net::make_tls_context(options->ca_file);
    if (!made) return made.error();
    tls = *std::move(made);
  }
  Result<net::Waker> waker = net::Waker::make();
  if (!waker) return waker.error();
  return std::make_unique<BinanceSource>(context, *std::move(options), std::move(tls), *std::move(waker));
}

BinanceSource::BinanceSource(Context context, Options options, net::TlsContext tls, net::Waker waker)
    : context_(context),
      options_(std::move(options)),
      tls_(std::move(tls)),
      waker_(std::move(waker)),
      metrics_(context),
      backoff_(Backoff::Duration(options_.reconnect_first_ns), Backoff::Duration(options_.reconnect_max_ns)),
      budget_(ConnectBudget::of(net::ascii_lower(options_.endpoint.server_name()))),
      buffer_(context),
      records_(context, make_stream_table(context, make_stream_names(options_.symbols, options_.stream_types)),
               options_.microseconds, metrics_, options_.repair ? std::optional(options_.repair->hold) : std::nullopt),
      route_(make_route(options_, tls_.get(), options_.connect_deadline_ns)) {
  if (options_.repair) repair_.emplace(context_, *options_.repair, tls_.get(), waker_);
  if (route_.proxy) context_.info("going through the proxy " + route_.proxy->name() + ", from " + route_.proxy->from);
}

TailQuery BinanceSource::tail_query() { return last_ids_.emplace(records_.streams().all()).query(); }

Result<TailWants> BinanceSource::learn(const TailPart& part) { return last_ids_->take(part); }

Result<void> BinanceSource::start() {
  if (last_ids_) records_.learn(*last_ids_);
  last_ids_.reset();
  return {};
}

Result<Poll> BinanceSource::poll(const Credit& credit, int64_t deadline_ns) {
  if (stopped_) {
    linger(deadline_ns);
    return Poll::more;
  }
  left_ = credit;
  return poll_within(credit, deadline_ns);
}

Result<Poll> BinanceSource::poll_within(const Credit& credit, int64_t deadline_ns) {
  const auto spend = [&](const Emitted& emitted) {
    left_.records -= std::min(left_.records, emitted.records);
    left_.bytes -= std::min(left_.bytes, emitted.bytes);
    return emitted.records > 0;
  };
  for (;;) {
    int64_t now_ns = context_.monotonic_ns();
    advance(credit, now_ns);
    records_.gaps().expire(now_ns);
    advance_repair(now_ns);
    if (session_ && session_->had_data()) show(false, now_ns);
    if (spend(records_.emit_waiting(credit))) {
      if (session_ && !session_->messages().empty()) session_->rest(now_ns);
      return Poll::more;
    }
    if (session_ && spend(take_messages(credit, now_ns))) return Poll::more;
    now_ns = context_.monotonic_ns();
    if (!wait(credit, deadline_ns, now_ns) || now_ns >= deadline_ns) return Poll::more;
  }
}

void BinanceSource::advance(const Credit& credit, int64_t now_ns) {
  if (!session_ && !dialer_ && credit.records > 0 && now_ns >= next_attempt_ns_) dial(now_ns);
  if (dialer_) {
    switch (dialer_->step(now_ns, buffer_)) {
      case net::WebsocketDialer::Progress::working:
        break;
      case net::WebsocketDialer::Progress::open:
        budget_->spend(dialer_->upgrades() - 1, now_ns);
        opened(now_ns);
        break;
      case net::WebsocketDialer::Progress::lost: {
        const Loss loss = loss_of(dialer_->loss());
        budget_->spend(dialer_->upgrades() - 1, now_ns);
        dialer_.reset();
        lost(loss, false, now_ns);
        break;
      }
    }
  }
  if (session_) advance_session(credit, now_ns);
}

/// Asks for what is missing, and takes what came, of which a page at a time is kept.
void BinanceSource::advance_repair(int64_t now_ns) {
  if (!repair_) return;
  Gaps& gaps = records_.gaps();
  for (const Missing& missing : gaps.take_missing()) {
    if (!repair_->ask(missing)) gaps.give_up(missing, "too many ranges of ids wait to be repaired");
  }
  const uint64_t before = repair_->requests();
  const auto step = [&] {
    // What has come meanwhile, or is given up, costs no request.
    for (std::optional<Missing> next = repair_->next(); next && !gaps.lacks(*next); next = repair_->next()) {
      repair_->drop();
    }
    repair_->step(now_ns);
  };
  step();
  while (gaps.takes_pieces()) {
    const std::optional<Repair::Piece> piece = repair_->take();
    if (!piece) break;
    gaps.take(*piece);
    step();
  }
  if (repair_->requests() != before) metrics_.repair_requests.add(static_cast<int64_t>(repair_->requests() - before));
}

void BinanceSource::advance_session(const Credit& credit, int64_t now_ns) {
  Session& session = *session_;
  session.send_waiting();
  const bool room = credit.records > 0 && credit.bytes > 0;
  if (!room) {
    session.rest(now_ns);
  } else if (session.messages().empty()) {
    session.resume(now_ns);
    session.read(now_ns);
  }
  if (const uint64_t bytes = session.take_bytes(); bytes != 0) metrics_.bytes.add(static_cast<int64_t>(bytes));
  if (const uint64_t pings = session.take_pings(); pings != 0) metrics_.pings.add(static_cast<int64_t>(pings));
}

/// Also sees to what follows from the messages: deadlines, and the end of the connection once all were taken.
Emitted BinanceSource::take_messages(const Credit& credit, int64_t now_ns) {
  Session& session = *session_;
  const Emitted emitted = records_.emit(session, buffer_, credit);
  if (emitted.events > 0) {
    const bool is_first = !session.had_data();
    session.note_data(now_ns);
    show(is_first, now_ns);
  }
  if (!session.messages().empty()) {
    if (emitted.records > 0) session.rest(now_ns);
    return emitted;
  }
  if (credit.records > 0 && credit.bytes > 0) session.check_deadlines(now_ns);
  if (session.loss()) {
    const Loss loss = *session.loss();
    const bool had_data = session.had_data();
    if (had_data && now_ns - session.opened_ns() >= a_while_ns) backoff_.reset();
    session_.reset();
    lost(loss, had_data, now_ns);
  }
  return emitted;
}

/// Says that events come, and what has been missing for a while: most gaps are repaired before anybody could look.
void BinanceSource::show(bool is_new, int64_t now_ns) {
  const Continuity::Open open = records_.gaps().open();
  if (open.gaps == 0) open_since_ns_ = 0;
  if (open.gaps != 0 && open_since_ns_ == 0) open_since_ns_ = now_ns;
  const bool is_lasting = open.gaps != 0 && now_ns - open_since_ns_ >= lasting_gap_ns;
  if (!is_new && is_lasting == shows_gaps_ && (!is_lasting || now_ns < show_again_ns_)) return;
  shows_gaps_ = is_lasting;
  show_again_ns_ = now_ns + LogLimiter::every_ns;
  std::string sentence = connected_to_;
  if (is_lasting) {
    sentence += "; " + open_text(open);
    if (repair_ && !repair_->trouble().empty()) sentence += "; " + std::string(repair_->trouble());
  }
  context_.ready(sentence);
}

void BinanceSource::dial(int64_t now_ns) {
  if (!budget_->take(now_ns)) {
    // Another node was first.
    next_attempt_ns_ = budget_->free_at(now_ns);
    return;
  }
  buffer_.discard_unread();
  context_.connecting("connecting to " + route_.name());
  dialer_.emplace(context_, route_, addresses_, waker_);
  dialer_->start(now_ns);
}

void BinanceSource::opened(int64_t now_ns) {
  peer_ = dialer_->peer();
  connected_to_ = "connected to " + route_.name() + " (" + peer_ + ")";
  const std::string failed_before = dialer_->failed_before();
  const SessionLimits limits{options_.max_frame_bytes, options_.read_deadline_ns, options_.data_deadline_ns,
                             options_.stop_reading_limit_ns};
  session_.emplace(context_, dialer_->take_transport(), buffer_, limits, now_ns);
  dialer_.reset();
  metrics_.connections.add();
  context_.info(connected_to_ + (failed_before.empty() ? "" : "; before that " + failed_before));
  context_.connecting(connected_to_ + "; no event of the streams has come yet");
}

void BinanceSource::lost(const Loss& loss, bool had_data, int64_t now_ns) {
  metrics_.reconnects[static_cast<size_t>(loss.cause)].add();
  if (had_data) {
    metrics_.gaps.add();
    records_.gaps().lost(std::string(cause_names[static_cast<size_t>(loss.cause)].name) + ": " + loss.sentence);
  }
  // An address that takes connections and sends nothing is no better than one that refuses them.
  if (!had_data && !peer_.empty() && loss.cause != Cause::backpressure) addresses_.failed(peer_, now_ns);
  peer_.clear();
  // What a proxy asks for is not about the exchange, to which others may go directly.
  if (loss.retry_after_ns > 0 && loss.cause != Cause::proxy) budget_->hold_until(now_ns + loss.retry_after_ns);
  const int64_t own_wait_ns = backoff_.next(context_.random()).count();
  next_attempt_ns_ = budget_->free_at(now_ns + own_wait_ns);
  if (loss.cause == Cause::backpressure) {
    context_.warn(loss.sentence);
    context_.blocked("no room downstream; the connection to the exchange is closed until there is");
    return;
  }
  const int64_t wait_ns = next_attempt_ns_ - now_ns;
  const bool is_held_back = wait_ns > std::max(own_wait_ns, loss.retry_after_ns);
  context_.warn(loss.sentence + "; next attempt in " + net::seconds(wait_ns) +
                (is_held_back ? ", as this process may not connect to this host more often for now" : ""));
  context_.connecting(loss.sentence);
}

bool BinanceSource::wait(const Credit& credit, int64_t deadline_ns, int64_t now_ns) {
  int fd = -1;
  short events = 0;
  int64_t until_ns = never_ns;
  bool more_to_read = false;
  if (dialer_) {
    fd = dialer_->fd();
    events = dialer_->events();
    until_ns = dialer_->deadline_ns();
  } else if (session_) {
    const bool reading = credit.records > 0 && credit.bytes > 0 && session_->messages().empty();
    fd = session_->fd();
    events = session_->events(reading);
    more_to_read = reading && !session_->drained();
    until_ns = more_to_read ? now_ns : session_->next_deadline_ns();
  } else if (credit.records > 0) {
    until_ns = next_attempt_ns_;
  }
  until_ns = std::min(until_ns, records_.gaps().deadline_ns(now_ns));
  if (records_.gaps().is_full() && credit.records > 0 && credit.bytes > 0) {
    // Something goes out first.
    until_ns = now_ns;
    more_to_read = true;
  }
  if (repair_) {
    until_ns = std::min(until_ns, repair_->deadline_ns());
    const int repair_fd = repair_->events() == 0 ? -1 : repair_->fd();
    if (repair_fd >= 0 && fd >= 0 && events != 0) {
      both_.watch(fd, events);
      both_.watch(repair_fd, repair_->events());
      fd = both_.fd();
      events = POLLIN;
    } else if (repair_fd >= 0) {
      fd = repair_fd;
      events = repair_->events();
    }
  }
  const net::Waited waited = net::wait_for(waker_, fd, events, std::min(until_ns, deadline_ns) - now_ns);
  if (waited.socket_ready && session_) session_->socket_ready();
  return !waited.woken && (waited.socket_ready || more_to_read);
}

void BinanceSource::stop() {
  stopped_ = true;
  give_out_kept();
  dialer_.reset();
  linger_until_ns_ = context_.monotonic_ns() + goodbye_limit_ns;
  if (session_) session_->say_goodbye();
}

/// What is kept goes out as far as the last poll had room; what does not is missing, and is reported as that.
void BinanceSource::give_out_kept() {
  Gaps& gaps = records_.gaps();
  repair_.reset();
  gaps.stop();
  Credit left = left_;
  // Room for the records that say what became of the gaps, and what is missing as it does not fit.
  left.records -= std::min(left.records, gaps.reports());
  if (gaps.held() > left.records) left.records -= std::min(left.records, gaps.reports_of_drop());
  const Emitted emitted = records_.emit_waiting(left);
  left_.records -= std::min(left_.records, emitted.records);
  left_.bytes -= std::min(left_.bytes, emitted.bytes);
  if (const uint64_t dropped = gaps.drop_held(); dropped != 0) {
    context_.warn(std::to_string(dropped) +
                  " records that were held back for a repair found no room downstream at the stop, so they are "
                  "missing; the port gaps reports them");
  }
  gaps.emit_reports(left_);
  if (gaps.reports() != 0) {
    context_.warn(std::to_string(gaps.reports()) +
                  " reports of gaps found no room downstream at the stop, so the port gaps lacks them; the counters "
                  "include them");
  }
}

// The other side is given the time to read our close frame: closing a socket that still has unread bytes resets it.
void BinanceSource::linger(int64_t deadline_ns) {
  const int64_t now_ns = context_.monotonic_ns();
  if (session_ && (now_ns >= linger_until_ns_ || session_->linger())) session_.reset();
  const int64_t until_ns = session_ ? std::min(deadline_ns, linger_until_ns_) : deadline_ns;
  net::wait_for(waker_, session_ ? session_->fd() : -1, session_ ? session_->events(true) : short{0},
                until_ns - now_ns);
}

}  // namespace sluice::binance
