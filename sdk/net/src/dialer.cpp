// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/dialer.hpp"

#include <algorithm>

#include "sluice/net/seconds.hpp"

namespace sluice::net {
namespace {

constexpr int64_t reason_limit_ns = 1'000'000'000;

/// How far an address led: what failed farthest on says most.
int rank(Cause cause) { return cause == Cause::refused ? 2 : cause == Cause::unreachable ? 0 : 1; }

}  // namespace

void Dialer::start(int64_t now_ns) {
  deadline_ns_ = now_ns + route_.time_limit_ns;
  resolver_.start(route_.first_stop().host, route_.first_stop().port, waker_, route_.look_up);
}

int Dialer::fd() const { return state_ == State::resolving ? -1 : race_.wait_set().fd(); }

int64_t Dialer::deadline_ns() const {
  switch (state_) {
    case State::resolving:
      return deadline_ns_;
    case State::racing:
      return std::min(deadline_ns_, race_.next_start_ns());
    default:
      return refusal_ ? reason_deadline_ns_ : answer_deadline_ns_;
  }
}

Dialer::Progress Dialer::lose(Loss loss) {
  loss_ = std::move(loss);
  resolver_.forget();
  transport_.reset();
  return Progress::lost;
}

std::string Dialer::where(const std::string& address) const {
  return route_.first_stop().host_is_address ? route_.name() : route_.name() + " (" + address + ")";
}

Dialer::Progress Dialer::lose_all() {
  const std::vector<Failure>& failures = race_.failures();
  size_t main = 0;
  int64_t retry_after_ns = 0;
  for (size_t i = 0; i < failures.size(); ++i) {
    if (rank(failures[i].loss.cause) >= rank(failures[main].loss.cause)) main = i;
    retry_after_ns = std::max(retry_after_ns, failures[i].loss.retry_after_ns);
  }
  Loss loss{failures[main].loss.cause, where(failures[main].address) + ": " + failures[main].loss.sentence,
            retry_after_ns};
  std::vector<Failure> others = failures;
  others.erase(others.begin() + static_cast<std::ptrdiff_t>(main));
  if (!others.empty()) loss.sentence += "; other addresses: " + listed(others);
  return lose(std::move(loss));
}

Dialer::Progress Dialer::out_of_time(int64_t now_ns) {
  const std::string within = " within " + route_.time_limit_text();
  if (state_ == State::resolving) {
    return lose({route_.proxy ? Cause::proxy : Cause::unreachable,
                 route_.name() + ": the name '" + route_.first_stop().host + "' was not resolved" + within, 0});
  }
  if (winner_) {
    race_.note(winner_->address(), {{}, {Cause::unreachable, "the upgrade was not answered" + within, 0}, {}}, now_ns);
  }
  race_.give_up(now_ns, within);
  return lose_all();
}

Dialer::Progress Dialer::step(int64_t now_ns, ReadBuffer& buffer) {
  Progress progress = Progress::working;
  State before;
  do {
    if (refusal_ && now_ns >= reason_deadline_ns_) {
      progress = refuse(now_ns);
    } else if (now_ns >= deadline_ns_) {
      return out_of_time(now_ns);
    } else if (winner_ && !refusal_ && now_ns >= answer_deadline_ns_) {
      const std::string sentence = "the upgrade was not answered within " + seconds(route_.time_limit_ns / 3);
      progress = fail_winner({{}, {Cause::unreachable, sentence, 0}, {}}, true, now_ns);
    }
    if (progress != Progress::working) return progress;
    before = state_;
    switch (state_) {
      case State::resolving:
        progress = resolve(now_ns);
        break;
      case State::racing:
        progress = race(now_ns, buffer);
        break;
      case State::asking:
        progress = ask(now_ns);
        break;
      case State::answered:
        progress = read_answer(now_ns, buffer);
        break;
    }
  } while (progress == Progress::working && state_ != before);
  return progress;
}

Dialer::Progress Dialer::resolve(int64_t now_ns) {
  if (!resolver_.done()) return Progress::working;
  const Found& found = resolver_.found();
  if (!found.error.empty()) {
    return lose({route_.proxy ? Cause::proxy : Cause::unreachable,
                 "the name '" + route_.first_stop().host + "' " + (route_.proxy ? "of the proxy " : "") +
                     "did not resolve: " + found.error,
                 0});
  }
  if (race_.wait_set().fd() < 0) {
    return lose({Cause::unreachable, "no file descriptor is left to connect; raise the limit of open files", 0});
  }
  race_.start(found.addresses, now_ns);
  state_ = State::racing;
  return Progress::working;
}

Dialer::Progress Dialer::race(int64_t now_ns, ReadBuffer& buffer) {
  std::unique_ptr<Attempt> won = race_.step(now_ns, context_.now_ns());
  if (!won) return race_.all_failed() ? lose_all() : Progress::working;
  buffer.discard_unread();
  winner_ = std::move(won);
  transport_ = winner_->take_transport();
  key_ = make_websocket_key(context_.random(), context_.random());
  request_ = upgrade_request(route_.endpoint, route_.target, key_);
  request_sent_ = 0;
  ++upgrades_;
  // One that is mute must not take the whole time from the others.
  const bool others = race_.has_others() && upgrades_ < route_.most_upgrades;
  answer_deadline_ns_ = others ? std::min(deadline_ns_, now_ns + route_.time_limit_ns / 3) : deadline_ns_;
  state_ = State::asking;
  return Progress::working;
}

Dialer::Progress Dialer::fail_winner(Failure failure, bool try_others, int64_t now_ns) {
  race_.note(winner_->address(), std::move(failure), now_ns);
  winner_.reset();
  transport_.reset();
  refusal_.reset();
  if (!try_others || upgrades_ >= route_.most_upgrades || race_.all_failed()) return lose_all();
  state_ = State::racing;
  return Progress::working;
}

Dialer::Progress Dialer::wait(Io io, const char* cut, int64_t now_ns) {
  if (io == Io::want_read || io == Io::want_write) {
    race_.wait_set().watch(transport_->fd(), io == Io::want_read ? POLLIN : POLLOUT);
    return Progress::working;
  }
  const std::string why = io == Io::ended ? cut : transport_->error();
  return fail_winner({{}, {transport_->tls_failed() ? Cause::tls : Cause::refused, why, 0}, {}}, true, now_ns);
}

Dialer::Progress Dialer::ask(int64_t now_ns) {
  while (request_sent_ < request_.size()) {
    uint64_t sent = 0;
    const Io io = transport_->write(reinterpret_cast<const uint8_t*>(request_.data()) + request_sent_,
                                    request_.size() - request_sent_, sent);
    if (io != Io::done) return wait(io, "the connection was cut off before the upgrade", now_ns);
    request_sent_ += sent;
  }
  state_ = State::answered;
  return Progress::working;
}

Dialer::Progress Dialer::read_answer(int64_t now_ns, ReadBuffer& buffer) {
  for (;;) {
    buffer.make_room(0);
    uint64_t got = 0;
    const Io io = transport_->read(buffer.room(), buffer.room_bytes(), got);
    if (refusal_ && (io == Io::ended || io == Io::failed)) return refuse(now_ns);
    if (io != Io::done) return wait(io, "the connection was cut off instead of an upgrade", now_ns);
    buffer.filled(got);
    const std::string_view received{reinterpret_cast<const char*>(buffer.unread()), buffer.unread_bytes()};
    UpgradeAnswer answer = read_upgrade_answer(received, key_, context_.now_ns(), route_.advice);
    if (answer.state == UpgradeAnswer::State::accepted) {
      buffer.consume(answer.head_bytes);
      memory_.worked(peer());
      return Progress::open;
    }
    if (answer.state == UpgradeAnswer::State::refused) {
      // The reason may come behind the head, a little later.
      if (!refusal_) reason_deadline_ns_ = std::min(deadline_ns_, now_ns + reason_limit_ns);
      const bool more_to_say = answer.more_to_say;
      refusal_ = std::move(answer);
      if (!more_to_say) return refuse(now_ns);
    }
  }
}

Dialer::Progress Dialer::refuse(int64_t now_ns) {
  // A status of 500 and more is about this one server; any other is about us, and a wait that is asked for is kept.
  const bool try_others = (refusal_->status == 0 || refusal_->status >= 500) && refusal_->loss.retry_after_ns == 0;
  return fail_winner({{}, refusal_->loss, refusal_->brief}, try_others, now_ns);
}

}  // namespace sluice::net
