// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/attempt.hpp"

#include <poll.h>

#include "sluice/net/retry_after.hpp"

namespace sluice::net {

Attempt::Attempt(const Route& route, const Address& address, int64_t now_ns)
    : route_(route), address_(address), started_ns_(now_ns), events_(POLLOUT) {
  if (transport_->connect(address) == Io::failed) {
    fail(route_.proxy ? Cause::proxy : Cause::unreachable, transport_->error());
  }
}

Attempt::State Attempt::fail(Cause cause, std::string why) {
  loss_ = {cause, std::move(why), loss_.retry_after_ns};
  transport_->close();
  return state_ = State::failed;
}

Loss Attempt::unanswered() const {
  switch (state_) {
    case State::tunnelling:
      return {Cause::proxy, "the proxy did not open a tunnel", 0};
    case State::securing:
      return {Cause::tls, "the TLS handshake did not end", 0};
    default:
      return {route_.proxy ? Cause::proxy : Cause::unreachable, "no answer", 0};
  }
}

Attempt::State Attempt::step(int64_t wall_now_ns) {
  while (state_ != State::ready && state_ != State::failed && advance(wall_now_ns)) {
  }
  return state_;
}

/// False when there is something to wait for.
bool Attempt::advance(int64_t wall_now_ns) {
  const State secured = route_.endpoint.tls ? State::securing : State::ready;
  if (state_ == State::connecting) {
    const Io io = transport_->finish_connect();
    if (io == Io::done) {
      state_ = route_.proxy ? State::tunnelling : secured;
      return true;
    }
    return wait(io, route_.proxy ? Cause::proxy : Cause::unreachable, "");
  }
  if (state_ == State::tunnelling) {
    if (!open_tunnel(wall_now_ns)) return false;
    if (state_ == State::tunnelling) state_ = secured;
    return true;
  }
  const Io io = transport_->tls_handshake(route_.tls, route_.endpoint);
  if (io != Io::done) return wait(io, Cause::tls, "the TLS handshake was cut off");
  state_ = State::ready;
  return true;
}

bool Attempt::wait(Io io, Cause cause, const char* cut) {
  if (io == Io::want_read || io == Io::want_write) {
    events_ = io == Io::want_read ? POLLIN : POLLOUT;
    return false;
  }
  fail(cause, io == Io::ended ? cut : transport_->error());
  return true;
}

/// False when there is something to wait for; else the tunnel is open or the attempt has failed.
bool Attempt::open_tunnel(int64_t wall_now_ns) {
  if (request_.empty()) request_ = tunnel_request(*route_.proxy, route_.endpoint);
  const Io asked = transport_->write_rest(request_, request_sent_);
  if (asked != Io::done) return wait(asked, Cause::proxy, "the proxy cut the connection off");
  for (;;) {
    uint8_t piece[2048];
    uint64_t got = 0;
    const Io io = transport_->read(piece, sizeof piece, got);
    answer_.append(reinterpret_cast<const char*>(piece), got);
    HttpHead head;
    const HeadState state = read_http_head(answer_, head);
    if (state == HeadState::not_http || state == HeadState::too_long) {
      return fail(Cause::proxy, "the proxy does not speak HTTP"), true;
    }
    if (state == HeadState::complete && head.status / 100 == 2) {
      // Nobody behind the tunnel speaks first, so these bytes are not the server's.
      if (answer_.size() > head.bytes) return fail(Cause::proxy, "the proxy sent more than its answer"), true;
      return true;
    }
    if (state == HeadState::complete) {
      const HttpBody body = read_http_body(head, std::string_view(answer_).substr(head.bytes));
      loss_.retry_after_ns = retry_after_ns(head, wall_now_ns);
      return fail(Cause::proxy, tunnel_refusal(*route_.proxy, head, body.bytes)), true;
    }
    if (io != Io::done) return wait(io, Cause::proxy, "the proxy cut the connection off");
  }
}

}  // namespace sluice::net
