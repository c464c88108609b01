// SPDX-License-Identifier: Apache-2.0
#include "dialer.hpp"

#include <algorithm>

#include "seconds.hpp"

namespace sluice::binance {
namespace {

// One address that swallows packets must not take the whole attempt's time from the others.
constexpr int64_t address_limit_ns = 3'000'000'000;
constexpr int64_t reason_limit_ns = 1'000'000'000;

}  // namespace

void Dialer::start(int64_t now_ns) {
  deadline_ns_ = now_ns + time_limit_ns_;
  resolver_.start(endpoint_.host, endpoint_.port, waker_);
}

int64_t Dialer::deadline_ns() const {
  if (refusal_) return reason_deadline_ns_;
  return state_ == State::connecting ? std::min(deadline_ns_, address_deadline_ns_) : deadline_ns_;
}

Dialer::Progress Dialer::lose(Cause cause, std::string sentence) {
  loss_ = {cause, std::move(sentence), 0};
  resolver_.forget();
  transport_.reset();
  events_ = 0;
  return Progress::lost;
}

Dialer::Progress Dialer::step(int64_t now_ns, ReadBuffer& buffer) {
  if (refusal_ && now_ns >= reason_deadline_ns_) return refuse();
  if (now_ns >= deadline_ns_) {
    const char* what = state_ == State::resolving    ? "its name was not resolved"
                       : state_ == State::connecting ? "it did not answer"
                       : state_ == State::securing   ? "the TLS handshake did not end"
                                                     : "the upgrade was not answered";
    const Cause cause = state_ == State::securing ? Cause::tls : Cause::unreachable;
    return lose(cause, endpoint_.name() + ": " + what + " within " + seconds(time_limit_ns_) + " (connect_deadline)");
  }
  Progress progress = Progress::working;
  State before;
  do {
    before = state_;
    switch (state_) {
      case State::resolving:
        progress = resolve(now_ns);
        break;
      case State::connecting: {
        const Io io = transport_->finish_connect();
        if (io == Io::done) {
          state_ = endpoint_.tls ? State::securing : State::asking;
        } else if (io == Io::failed) {
          note(transport_->error());
          progress = next_address(now_ns);
        } else if (now_ns >= address_deadline_ns_) {
          note("no answer within 3 s");
          progress = next_address(now_ns);
        }
        break;
      }
      case State::securing: {
        const Io io = transport_->tls_handshake(tls_, endpoint_);
        if (io == Io::done) {
          state_ = State::asking;
        } else {
          progress = wait_or_lose(io, Cause::tls, "the TLS handshake was cut off");
        }
        break;
      }
      case State::asking:
        progress = ask();
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
  if (!resolver_.error().empty()) {
    return lose(Cause::unreachable, "the name '" + endpoint_.host + "' did not resolve: " + resolver_.error());
  }
  return next_address(now_ns);
}

void Dialer::note(const std::string& why_not) {
  why_no_address_ += (why_no_address_.empty() ? "" : "; ") + peer_ + ": " + why_not;
}

Dialer::Progress Dialer::next_address(int64_t now_ns) {
  while (next_address_ < resolver_.addresses().size()) {
    const Address& address = resolver_.addresses()[next_address_++];
    peer_ = address.text();
    transport_ = std::make_unique<Transport>();
    if (transport_->connect(address) != Io::failed) {
      state_ = State::connecting;
      events_ = POLLOUT;
      address_deadline_ns_ = now_ns + address_limit_ns;
      return Progress::working;
    }
    note(transport_->error());
  }
  return lose(Cause::unreachable, "no connection to " + endpoint_.name() + " (" +
                                      (why_no_address_.empty() ? "it has no address" : why_no_address_) + ")");
}

Dialer::Progress Dialer::wait_or_lose(Io io, Cause cause, const char* what) {
  switch (io) {
    case Io::want_read:
      events_ = POLLIN;
      return Progress::working;
    case Io::want_write:
      events_ = POLLOUT;
      return Progress::working;
    case Io::ended:
      return lose(cause, endpoint_.name() + ": " + what);
    default:
      break;
  }
  return lose(cause, endpoint_.name() + ": " + transport_->error());
}

Dialer::Progress Dialer::ask() {
  if (request_.empty()) {
    key_ = make_websocket_key(context_.random(), context_.random());
    request_ = upgrade_request(endpoint_, target_, key_);
    request_sent_ = 0;
  }
  while (request_sent_ < request_.size()) {
    uint64_t sent = 0;
    const Io io = transport_->write(reinterpret_cast<const uint8_t*>(request_.data()) + request_sent_,
                                    request_.size() - request_sent_, sent);
    if (io != Io::done) return wait_or_lose(io, Cause::refused, "the connection was cut off before the upgrade");
    request_sent_ += sent;
  }
  request_.clear();
  state_ = State::answered;
  events_ = POLLIN;
  return Progress::working;
}

Dialer::Progress Dialer::read_answer(int64_t now_ns, ReadBuffer& buffer) {
  for (;;) {
    buffer.make_room(0);
    uint64_t got = 0;
    const Io io = transport_->read(buffer.room(), buffer.room_bytes(), got);
    if (refusal_ && (io == Io::ended || io == Io::failed)) return refuse();
    if (io != Io::done) return wait_or_lose(io, Cause::refused, "the connection was cut off instead of an upgrade");
    buffer.filled(got);
    const std::string_view received{reinterpret_cast<const char*>(buffer.unread()), buffer.unread_bytes()};
    UpgradeAnswer answer = read_upgrade_answer(received, key_, context_.now_ns());
    if (answer.state == UpgradeAnswer::State::accepted) {
      buffer.consume(answer.head_bytes);
      events_ = POLLIN;
      return Progress::open;
    }
    if (answer.state == UpgradeAnswer::State::refused) {
      // The reason may come behind the head, a little later.
      if (!refusal_) reason_deadline_ns_ = std::min(deadline_ns_, now_ns + reason_limit_ns);
      const bool more_to_say = answer.more_to_say;
      refusal_ = std::move(answer);
      if (!more_to_say) return refuse();
    }
  }
}

Dialer::Progress Dialer::refuse() {
  const Progress lost = lose(Cause::refused, endpoint_.name() + ": " + refusal_->loss.sentence);
  loss_.retry_after_ns = refusal_->loss.retry_after_ns;
  return lost;
}

}  // namespace sluice::binance
