// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 exchanges with one server, one after the other: a request over the dialer (races, TLS, proxy), and its whole
// answer. The connection is kept for the next request as long as the server keeps it; when it turns out to be gone, a
// request that may be repeated is sent once more over a new one. An answer of any status is an answer; redirects are
// not followed. Bounded by the limits and by the deadline, which count to the caller's clock. A state machine that
// never blocks, like the dialer, and `exchange`, which waits for it. One thread; only `cancel` may be called by any.
#pragma once
#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "sluice/net/dialer.hpp"
#include "sluice/net/http_body.hpp"
#include "sluice/net/http_request.hpp"

namespace sluice::net {

struct HttpLimits {
  uint64_t head_bytes = max_response_head_bytes;
  uint64_t body_bytes = 8 * 1024 * 1024;
};

struct HttpAnswer {
  HttpHead head;
  std::string body;
  int64_t retry_after_ns = 0;  ///< the server asks for at least this wait; 0: it does not
  std::string place;           ///< the server and the address, for the begin of a sentence

  bool is_success() const { return head.status >= 200 && head.status < 300; }
  /// Of an answer that is no success: `server.example (10.0.0.3): the server answered with HTTP 503 ...`.
  std::string refusal(StatusAdvice advice = nullptr) const;
};

class HttpClient {
 public:
  enum class Progress { working, done, lost };

  HttpClient(Context context, Route route, Waker waker, const HttpLimits& limits = {})
      : context_(context), route_(std::move(route)), waker_(std::move(waker)), limits_(limits) {}
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Waits for the whole answer, at most until `deadline_ns` of the context's monotonic clock. The error's code is the
  /// name of its cause.
  Result<HttpAnswer> exchange(const HttpRequest& request, int64_t deadline_ns);
  /// Ends the exchange that waits, and every later one. Any thread.
  void cancel();

  /// An error: the request is not one, and nothing was begun. What ran before is given up.
  Result<void> start(const HttpRequest& request, int64_t now_ns, int64_t deadline_ns);
  Progress step(int64_t now_ns);
  int fd() const { return dialer_ ? dialer_->fd() : transport_->fd(); }
  short events() const { return dialer_ ? dialer_->events() : events_; }
  int64_t deadline_ns() const { return dialer_ ? dialer_->deadline_ns() : deadline_ns_; }

  /// When done.
  HttpAnswer take_answer() { return std::move(answer_); }
  /// When lost.
  const Loss& loss() const { return loss_; }
  /// Connections that were made so far.
  uint64_t connections() const { return connections_; }

 private:
  Progress lose(Cause cause, const std::string& sentence);
  Progress lose_unanswered(Cause cause, const std::string& sentence, int64_t now_ns);
  void dial(int64_t now_ns);
  Progress step_dialer(int64_t now_ns);
  bool is_connection_usable();
  void begin_answer();
  Io send();
  Progress receive(int64_t now_ns);
  Progress take(std::string_view received);
  Progress take_body(std::string_view received);
  Progress finish(bool keep);
  Progress on_end(Io io, int64_t now_ns);

  Context context_;
  Route route_;
  Waker waker_;
  HttpLimits limits_;
  AddressMemory addresses_;
  std::atomic<bool> is_cancelled_{false};

  // The connection, or the way to it.
  std::optional<Dialer> dialer_;
  std::unique_ptr<Transport> transport_;
  std::string peer_;
  std::string place_;
  bool is_reused_ = false;
  uint64_t connections_ = 0;

  // The exchange.
  std::string request_;
  bool is_idempotent_ = false;
  bool is_head_ = false;
  size_t sent_ = 0;
  bool cannot_send_ = false;  ///< the server reads no more; it may have answered
  short events_ = 0;
  int64_t deadline_ns_ = 0;
  int64_t time_limit_ns_ = 0;
  std::string head_bytes_;
  std::optional<HttpBodyReader> body_;
  HttpAnswer answer_;
  Loss loss_;
};

}  // namespace sluice::net
