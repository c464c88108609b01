// SPDX-License-Identifier: Apache-2.0
#include "source.hpp"

#include <algorithm>
#include <limits>

namespace sluice::binance {
namespace {

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
      records_(context, make_stream_table(context, make_stream_names(options_.symbols, options_.stream_types)),
               options_.microseconds, metrics_, options_.repair ? std::optional(options_.repair->hold) : std::nullopt) {
  if (options_.repair) {
    repair_.emplace(context_, *options_.repair, tls_.get(), waker_,
                    [this](const Missing& missing) { return records_.gaps().wish(missing); });
    watchdog_.emplace(records_.streams().all());
  }
  if (options_.proxy) {
    context_.info("going through the proxy " + options_.proxy->name() + ", from " + options_.proxy->from);
  }
  connections_.push_back(std::make_unique<Connection>(
      context_, options_, metrics_, make_route(options_, tls_.get(), options_.connect_deadline_ns), waker_));
}

/// Called for each output, before the stores behind it are asked.
TailQuery BinanceSource::tail_query() {
  switch (outputs_asked_++) {
    case port_out:
      return last_ids_.emplace(records_.streams().all()).query();
    case port_gaps:
      if (repair_) return open_gaps_.emplace(records_.streams().all()).query();
      return {};
    default:
      return {};
  }
}

Result<TailWants> BinanceSource::learn(const TailPart& part) {
  return open_gaps_ ? open_gaps_->take(part) : last_ids_->take(part);
}

Result<void> BinanceSource::start() {
  if (last_ids_) records_.learn(*last_ids_);
  if (open_gaps_) {
    records_.resume(*open_gaps_);
    leaves_gaps_open_ = open_gaps_->has_store();
  }
  last_ids_.reset();
  open_gaps_.reset();
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
    for (const auto& connection : connections_) advance(*connection, credit, now_ns);
    records_.gaps().expire(now_ns);
    advance_repair(now_ns);
    advance_watchdog(credit, now_ns);
    show(false, now_ns);
    if (spend(records_.emit_waiting(credit))) {
      for (const auto& connection : connections_) {
        Session* session = connection->session();
        if (session != nullptr && !session->messages().empty()) session->rest(now_ns);
      }
      return Poll::more;
    }
    for (const auto& connection : connections_) {
      if (connection->session() != nullptr && spend(take_messages(*connection, credit, now_ns))) return Poll::more;
    }
    now_ns = context_.monotonic_ns();
    if (!wait(credit, deadline_ns, now_ns) || now_ns >= deadline_ns) return Poll::more;
  }
}

void BinanceSource::advance(Connection& connection, const Credit& credit, int64_t now_ns) {
  for (;;) {
    const Connection::News news = connection.advance(credit, now_ns);
    hear(connection, news);
    if (news == Connection::News::none || news == Connection::News::lost) return;
  }
}

/// Asks for what is missing, and takes what came, of which a page at a time is kept.
void BinanceSource::advance_repair(int64_t now_ns) {
  if (!repair_) return;
  Gaps& gaps = records_.gaps();
  for (const Missing& missing : gaps.take_missing()) {
    if (!repair_->ask(missing)) gaps.give_up(missing, "too many ranges of ids wait to be repaired");
  }
  const uint64_t before = repair_->requests();
  repair_->step(now_ns);
  while (gaps.takes_pieces()) {
    const std::optional<Repair::Piece> piece = repair_->take();
    if (!piece) break;
    gaps.take(*piece);
    repair_->step(now_ns);
  }
  if (repair_->requests() != before) metrics_.repair_requests.add(static_cast<int64_t>(repair_->requests() - before));
}

/// Asks about streams that are silent, and replaces a connection that stalls.
void BinanceSource::advance_watchdog(const Credit& credit, int64_t now_ns) {
  if (!watchdog_) return;
  if (const auto answer = repair_->take_newest()) watchdog_->answer(answer->ids, now_ns);
  const bool is_open = std::any_of(connections_.begin(), connections_.end(),
                                   [](const auto& connection) { return connection->session() != nullptr; });
  if (!is_open) return watchdog_->restart();
  if (credit.records == 0 || credit.bytes == 0 || records_.gaps().is_full()) return watchdog_->rest(now_ns);
  watchdog_->look(now_ns, [this](const Stream& stream) {
    const auto [id, receive_time_ns] = records_.gaps().newest(stream);
    return Watchdog::Seen{id, receive_time_ns};
  });
  if (const auto stream = watchdog_->ask(now_ns)) {
    repair_->ask_newest(**stream);
    repair_->step(now_ns);
  }
  if (const auto stall = watchdog_->take_stall()) {
    for (const auto& connection : connections_) {
      if (Session* session = connection->session()) session->give_up(Cause::stalled, stall->sentence);
    }
    watchdog_->restart();
  }
}

Emitted BinanceSource::take_messages(Connection& connection, const Credit& credit, int64_t now_ns) {
  const Emitted emitted = records_.emit(*connection.session(), connection.buffer(), credit);
  if (emitted.events > 0) {
    const bool is_first = !connection.carries();
    connection.session()->note_data(now_ns);
    show(is_first, now_ns);
  }
  hear(connection, connection.settle(emitted.records, credit, now_ns));
  return emitted;
}

void BinanceSource::hear(Connection& connection, Connection::News news) {
  switch (news) {
    case Connection::News::none:
      break;
    case Connection::News::dialing:
      context_.connecting(connection.sentence());
      break;
    case Connection::News::opened:
      context_.connecting(connection.sentence() + "; no event of the streams has come yet");
      break;
    case Connection::News::lost: {
      const Loss& loss = connection.loss();
      if (watchdog_) watchdog_->restart();
      if (connection.had_data()) {
        records_.gaps().lost(std::string(cause_names[static_cast<size_t>(loss.cause)].name) + ": " + loss.sentence);
      }
      if (loss.cause == Cause::backpressure) {
        context_.blocked("no room downstream; the connection to the exchange is closed until there is");
      } else {
        context_.connecting(connection.sentence());
      }
      break;
    }
  }
}

/// Says that events come, and what has been missing for a while: most gaps are repaired before anybody could look.
void BinanceSource::show(bool is_new, int64_t now_ns) {
  const auto carrying = std::find_if(connections_.begin(), connections_.end(),
                                     [](const auto& connection) { return connection->carries(); });
  if (carrying == connections_.end()) return;
  const Continuity::Open open = records_.gaps().open();
  if (open.gaps == 0) open_since_ns_ = 0;
  if (open.gaps != 0 && open_since_ns_ == 0) open_since_ns_ = now_ns;
  const bool is_lasting = open.gaps != 0 && now_ns - open_since_ns_ >= lasting_gap_ns;
  if (!is_new && is_lasting == shows_gaps_ && (!is_lasting || now_ns < show_again_ns_)) return;
  shows_gaps_ = is_lasting;
  show_again_ns_ = now_ns + LogLimiter::every_ns;
  std::string sentence = (*carrying)->sentence();
  if (is_lasting) {
    sentence += "; " + open_text(open);
    if (repair_ && !repair_->trouble().empty()) sentence += "; " + std::string(repair_->trouble());
  }
  context_.ready(sentence);
}

bool BinanceSource::wait(const Credit& credit, int64_t deadline_ns, int64_t now_ns) {
  fds_.resize(1);
  int64_t until_ns = records_.gaps().deadline_ns(now_ns);
  bool has_more = false;
  for (const auto& connection : connections_) {
    const Connection::Interest interest = connection->interest(credit, now_ns);
    // One that is -1 is left out.
    fds_.push_back({interest.events == 0 ? -1 : interest.fd, interest.events, 0});
    until_ns = std::min(until_ns, interest.until_ns);
    has_more = has_more || interest.has_more;
  }
  if (records_.gaps().is_full() && credit.records > 0 && credit.bytes > 0) {
    // Something goes out first.
    until_ns = now_ns;
    has_more = true;
  }
  // Not while nothing is read.
  int64_t look_ns = std::numeric_limits<int64_t>::max();
  if (watchdog_ && credit.records > 0 && watchdog_->next_ns() > now_ns) look_ns = watchdog_->next_ns();
  if (repair_) {
    until_ns = std::min(until_ns, repair_->deadline_ns());
    if (repair_->events() != 0 && repair_->fd() >= 0) fds_.push_back({repair_->fd(), repair_->events(), 0});
  }
  const bool is_for_look = look_ns < std::min(until_ns, deadline_ns);
  const net::Waited waited = net::wait_for(waker_, fds_, std::min({until_ns, deadline_ns, look_ns}) - now_ns);
  for (size_t i = 0; waited.socket_ready && i < connections_.size(); ++i) {
    Session* session = connections_[i]->session();
    if (session != nullptr && fds_[i + 1].revents != 0) session->socket_ready();
  }
  return !waited.woken && (waited.socket_ready || has_more || is_for_look);
}

void BinanceSource::stop() {
  stopped_ = true;
  give_out_kept();
  for (const auto& connection : connections_) connection->leave();
}

/// What is kept goes out as far as the last poll had room; what does not is missing, and is reported as that.
void BinanceSource::give_out_kept() {
  Gaps& gaps = records_.gaps();
  repair_.reset();
  gaps.stop(leaves_gaps_open_);
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
                  "missing; the port gaps reports them" +
                  (leaves_gaps_open_ ? ", and the next run fetches them" : ""));
  }
  gaps.emit_reports(left_);
  if (gaps.reports() != 0) {
    context_.warn(std::to_string(gaps.reports()) +
                  " reports of gaps found no room downstream at the stop, so the port gaps lacks them; the counters "
                  "include them");
  }
}

void BinanceSource::linger(int64_t deadline_ns) {
  const int64_t now_ns = context_.monotonic_ns();
  int64_t until_ns = deadline_ns;
  fds_.resize(1);
  for (const auto& connection : connections_) {
    if (connection->has_left(now_ns)) continue;
    const Session& session = *connection->session();
    fds_.push_back({session.fd(), session.events(true), 0});
    until_ns = std::min(until_ns, connection->leaves_until_ns());
  }
  net::wait_for(waker_, fds_, until_ns - now_ns);
}

}  // namespace sluice::binance
