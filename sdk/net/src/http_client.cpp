// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/http_client.hpp"

#include <algorithm>

#include "sluice/net/retry_after.hpp"
#include "sluice/net/seconds.hpp"

namespace sluice::net {
namespace {

constexpr size_t piece_bytes = 16 * 1024;

/// What to do about it, where that is known.
std::string advice_for(Cause cause, const Route& route) {
  if (cause == Cause::unreachable) return "; check the url and the network";
  if (cause == Cause::proxy && route.proxy) return "; the proxy is from " + route.proxy->from;
  return {};
}

}  // namespace

std::string HttpAnswer::refusal(StatusAdvice advice) const {
  return place + ": the server answered with " + refusal_text(head, body, "https:// or http://", advice);
}

Result<HttpAnswer> HttpClient::exchange(const HttpRequest& request, int64_t deadline_ns) {
  int64_t now_ns = context_.monotonic_ns();
  const Result<void> started = start(request, now_ns, deadline_ns);
  if (!started) return started.error();
  for (;; now_ns = context_.monotonic_ns()) {
    const Progress progress = is_cancelled_ ? lose(Cause::cancelled, "the request was cancelled") : step(now_ns);
    if (progress == Progress::done) return take_answer();
    if (progress == Progress::lost) {
      return transient(loss_.sentence + advice_for(loss_.cause, route_), std::string(name_of(loss_.cause)));
    }
    wait_for(waker_, fd(), events(), HttpClient::deadline_ns() - now_ns);
  }
}

void HttpClient::cancel() {
  is_cancelled_ = true;
  waker_.wake();
}

Result<void> HttpClient::start(const HttpRequest& request, int64_t now_ns, int64_t deadline_ns) {
  Result<std::string> text = request_text(request, route_.endpoint);
  if (!text) return text.error();
  // What was begun and not finished would be answered in place of this request.
  if (dialer_ || sent_ != 0 || !head_bytes_.empty() || body_) transport_.reset();
  dialer_.reset();
  request_ = *std::move(text);
  is_idempotent_ = request.is_idempotent();
  is_head_ = request.method == "HEAD";
  deadline_ns_ = deadline_ns;
  time_limit_ns_ = deadline_ns - now_ns;
  is_reused_ = transport_ != nullptr && is_connection_usable();
  if (is_reused_) {
    begin_answer();
  } else {
    dial(now_ns);
  }
  return {};
}

/// Bytes or an end that came while nothing was asked are not an answer.
bool HttpClient::is_connection_usable() {
  uint8_t byte = 0;
  uint64_t got = 0;
  const Io io = transport_->read(&byte, 1, got);
  return io == Io::want_read || io == Io::want_write;
}

void HttpClient::dial(int64_t now_ns) {
  transport_.reset();
  is_reused_ = false;
  route_.time_limit_ns = std::max<int64_t>(deadline_ns_ - now_ns, 0);
  dialer_.emplace(context_, route_, addresses_, waker_);
  dialer_->start(now_ns);
}

void HttpClient::begin_answer() {
  sent_ = 0;
  cannot_send_ = false;
  head_bytes_.clear();
  body_.reset();
  answer_ = {};
  answer_.place = place_;
}

HttpClient::Progress HttpClient::lose(Cause cause, const std::string& sentence) {
  const bool has_place = !dialer_ && transport_ != nullptr;
  loss_ = {cause, (has_place ? place_ : route_.name()) + ": " + sentence, 0};
  dialer_.reset();
  transport_.reset();
  return Progress::lost;
}

/// The address is passed over next time.
HttpClient::Progress HttpClient::lose_unanswered(Cause cause, const std::string& sentence, int64_t now_ns) {
  addresses_.failed(peer_, now_ns);
  return lose(cause, sentence);
}

HttpClient::Progress HttpClient::step(int64_t now_ns) {
  if (dialer_) {
    const Progress progress = step_dialer(now_ns);
    if (progress == Progress::lost || dialer_) return progress;
  }
  if (now_ns >= deadline_ns_) {
    return lose_unanswered(Cause::silent, "the answer was not whole within " + seconds(time_limit_ns_), now_ns);
  }
  const Io sent = send();
  const Progress progress = receive(now_ns);
  if (progress == Progress::working && !dialer_ && (sent == Io::want_write || sent == Io::want_read)) {
    events_ = static_cast<short>(events_ | (sent == Io::want_write ? POLLOUT : POLLIN));
  }
  return progress;
}

HttpClient::Progress HttpClient::step_dialer(int64_t now_ns) {
  switch (dialer_->step(now_ns)) {
    case Dialer::Progress::working:
      return Progress::working;
    case Dialer::Progress::lost:
      loss_ = dialer_->loss();
      dialer_.reset();
      return Progress::lost;
    case Dialer::Progress::connected:
      break;
  }
  transport_ = dialer_->take_transport();
  peer_ = dialer_->peer();
  place_ = dialer_->place();
  dialer_.reset();
  ++connections_;
  begin_answer();
  return Progress::working;
}

Io HttpClient::send() {
  if (cannot_send_) return Io::done;
  const Io io = transport_->write_rest(request_, sent_);
  if (io == Io::want_read || io == Io::want_write) return io;
  // A server that refuses a request may answer and close before it has read all of it.
  cannot_send_ = io != Io::done;
  return Io::done;
}

HttpClient::Progress HttpClient::receive(int64_t now_ns) {
  for (;;) {
    uint8_t piece[piece_bytes];
    uint64_t got = 0;
    const Io io = transport_->read(piece, sizeof piece, got);
    if (io == Io::want_read || io == Io::want_write) {
      events_ = io == Io::want_read ? POLLIN : POLLIN | POLLOUT;
      return Progress::working;
    }
    if (io != Io::done) return on_end(io, now_ns);
    const Progress progress = take({reinterpret_cast<const char*>(piece), got});
    if (progress != Progress::working) return progress;
  }
}

HttpClient::Progress HttpClient::take(std::string_view received) {
  if (body_) return take_body(received);
  head_bytes_ += received;
  switch (read_http_head(head_bytes_, answer_.head, limits_.head_bytes)) {
    case HeadState::incomplete:
      return Progress::working;
    case HeadState::not_http:
      return lose(Cause::protocol, "what answers there does not speak HTTP; check the port of the url");
    case HeadState::too_long:
      return lose(Cause::too_big,
                  "the head of the answer is larger than " + std::to_string(limits_.head_bytes) + " bytes");
    case HeadState::complete:
      break;
  }
  if (answer_.head.status == 101)
    return lose(Cause::protocol, "the server switched to a protocol that was not asked for");
  body_.emplace(answer_.head, is_head_, limits_.body_bytes);
  return take_body(std::string_view(head_bytes_).substr(answer_.head.bytes));
}

HttpClient::Progress HttpClient::take_body(std::string_view received) {
  const size_t taken = body_->take(received);
  switch (body_->state()) {
    case HttpBodyReader::State::more:
      return Progress::working;
    case HttpBodyReader::State::broken:
      return lose(Cause::protocol, "the end of the answer's body cannot be known: " + body_->why());
    case HttpBodyReader::State::too_big:
      return lose(Cause::too_big, "the body of the answer is larger than " + std::to_string(limits_.body_bytes) +
                                      " bytes; ask for less at once");
    default:
      // A byte behind the answer belongs to nothing that was asked.
      return finish(taken == received.size());
  }
}

HttpClient::Progress HttpClient::finish(bool keep) {
  answer_.body = body_->take_bytes();
  answer_.retry_after_ns = retry_after_ns(answer_.head, context_.now_ns());
  const bool is_framed_once =
      answer_.head.list("transfer-encoding").empty() || answer_.head.list("content-length").empty();
  if (!keep || !is_framed_once || sent_ < request_.size() || !body_->ends_by_itself() ||
      !answer_.head.keeps_connection()) {
    transport_.reset();
  }
  addresses_.worked(peer_);
  sent_ = 0;
  head_bytes_.clear();
  body_.reset();
  return Progress::done;
}

HttpClient::Progress HttpClient::on_end(Io io, int64_t now_ns) {
  if (body_ && io == Io::ended) {
    body_->end();
    if (body_->state() == HttpBodyReader::State::whole) return finish(false);
  }
  const std::string broke = io == Io::ended ? "" : ": " + transport_->error();
  if (body_ || !head_bytes_.empty()) {
    return lose_unanswered(Cause::cut, "the connection ended in the middle of the answer" + broke, now_ns);
  }
  // The usual end of a kept connection: the server closed it while the request was on its way.
  if (is_reused_ && is_idempotent_) {
    dial(now_ns);
    return step(now_ns);
  }
  const Cause cause = transport_->tls_failed() ? Cause::tls : Cause::cut;
  return lose_unanswered(cause, "the connection ended before an answer" + broke, now_ns);
}

}  // namespace sluice::net
