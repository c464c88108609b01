// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/websocket_dialer.hpp"

#include <algorithm>

#include "sluice/net/seconds.hpp"

namespace sluice::net {
namespace {

constexpr int64_t reason_limit_ns = 1'000'000'000;

Failure unanswered(const std::string& within) {
  return {{}, {Cause::unreachable, "the upgrade was not answered within " + within, 0}, {}};
}

}  // namespace

int64_t WebsocketDialer::deadline_ns() const {
  if (state_ == State::dialing) return dialer_.deadline_ns();
  return refusal_ ? reason_deadline_ns_ : answer_deadline_ns_;
}

WebsocketDialer::Progress WebsocketDialer::step(int64_t now_ns, ReadBuffer& buffer) {
  Progress progress = Progress::working;
  State before;
  do {
    if (refusal_ && now_ns >= reason_deadline_ns_) {
      progress = refuse(now_ns);
    } else if (state_ != State::dialing && now_ns >= dialer_.end_ns()) {
      progress = turn_down(unanswered(route_.time_limit_text()), false, now_ns);
    } else if (state_ != State::dialing && !refusal_ && now_ns >= answer_deadline_ns_) {
      progress = turn_down(unanswered(seconds(route_.time_limit_ns / 3)), true, now_ns);
    }
    if (progress != Progress::working) return progress;
    before = state_;
    switch (state_) {
      case State::dialing:
        progress = dial(now_ns, buffer);
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

WebsocketDialer::Progress WebsocketDialer::dial(int64_t now_ns, ReadBuffer& buffer) {
  switch (dialer_.step(now_ns)) {
    case Dialer::Progress::working:
      return Progress::working;
    case Dialer::Progress::lost:
      return Progress::lost;
    case Dialer::Progress::connected:
      break;
  }
  buffer.discard_unread();
  transport_ = dialer_.take_transport();
  key_ = make_websocket_key(context_.random(), context_.random());
  request_ = upgrade_request(route_.endpoint, route_.target, key_);
  request_sent_ = 0;
  ++upgrades_;
  // One that is mute must not take the whole time from the others.
  const bool others = dialer_.has_others() && upgrades_ < route_.most_upgrades;
  answer_deadline_ns_ = others ? std::min(dialer_.end_ns(), now_ns + route_.time_limit_ns / 3) : dialer_.end_ns();
  state_ = State::asking;
  return Progress::working;
}

WebsocketDialer::Progress WebsocketDialer::turn_down(Failure failure, bool try_others, int64_t now_ns) {
  transport_.reset();
  refusal_.reset();
  state_ = State::dialing;
  const bool more = try_others && upgrades_ < route_.most_upgrades;
  return dialer_.turn_down(std::move(failure), more, now_ns) == Dialer::Progress::lost ? Progress::lost
                                                                                       : Progress::working;
}

WebsocketDialer::Progress WebsocketDialer::wait(Io io, const char* cut, int64_t now_ns) {
  if (io == Io::want_read || io == Io::want_write) {
    dialer_.watch(transport_->fd(), io == Io::want_read ? POLLIN : POLLOUT);
    return Progress::working;
  }
  const std::string why = io == Io::ended ? cut : transport_->error();
  return turn_down({{}, {transport_->tls_failed() ? Cause::tls : Cause::refused, why, 0}, {}}, true, now_ns);
}

WebsocketDialer::Progress WebsocketDialer::ask(int64_t now_ns) {
  const Io io = transport_->write_rest(request_, request_sent_);
  if (io != Io::done) return wait(io, "the connection was cut off before the upgrade", now_ns);
  state_ = State::answered;
  return Progress::working;
}

WebsocketDialer::Progress WebsocketDialer::read_answer(int64_t now_ns, ReadBuffer& buffer) {
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
      dialer_.accept();
      return Progress::open;
    }
    if (answer.state == UpgradeAnswer::State::refused) {
      // The reason may come behind the head, a little later.
      if (!refusal_) reason_deadline_ns_ = std::min(dialer_.end_ns(), now_ns + reason_limit_ns);
      const bool more_to_say = answer.more_to_say;
      refusal_ = std::move(answer);
      if (!more_to_say) return refuse(now_ns);
    }
  }
}

WebsocketDialer::Progress WebsocketDialer::refuse(int64_t now_ns) {
  // A status of 500 and more is about this one server; any other is about us, and a wait that is asked for is kept.
  const bool try_others = (refusal_->status == 0 || refusal_->status >= 500) && refusal_->loss.retry_after_ns == 0;
  return turn_down({{}, refusal_->loss, refusal_->brief}, try_others, now_ns);
}

}  // namespace sluice::net
