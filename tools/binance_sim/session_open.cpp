// SPDX-License-Identifier: Apache-2.0
// Session: from the accepted socket to the open websocket.
#include <fmt/format.h>

#include "handshake.hpp"
#include "remote.hpp"
#include "session.hpp"
#include "target.hpp"

namespace sluice::sim {
namespace {
constexpr auto opening_deadline = std::chrono::seconds(10);
}

void Session::start(std::function<void(Session*)> gone) {
  gone_ = std::move(gone);
  opened_ = std::chrono::steady_clock::now();
  after(close_timer_, opening_deadline, [this] { finish("no request within 10 s"); });
  transport_->handshake([self = shared_from_this()](const Transport::Error& error) {
    if (error) return self->finish(fmt::format("TLS handshake failed: {}", error.message()));
    self->read_head();
  });
}

void Session::read_head() {
  transport_->read_some(boost::asio::buffer(incoming_),
                        [self = shared_from_this()](const Transport::Error& error, std::size_t bytes) {
                          if (self->state_ != State::opening) return;
                          if (error) return self->finish("client left before its request");
                          self->head_.append(self->incoming_.data(), bytes);
                          const std::size_t end = self->head_.find("\r\n\r\n");
                          if (end != std::string::npos) return self->answer_head(self->head_.substr(0, end + 4));
                          if (self->head_.size() > longest_request_head)
                            return self->refuse(431, "the request head is longer than 16 KiB");
                          self->read_head();
                        });
}

void Session::answer_head(std::string_view head) {
  const std::optional<Request> request = parse_request(head);
  if (!request) return refuse(400, "this is no HTTP request");
  const std::string_view path = request->target;
  if (!request->is_upgrade && (path.substr(0, 5) == "/api/" || Remote::is_for(path))) return hand_over_to_rest();
  account().target = request->target;
  if (shared_.is_away(host_)) {
    transport_->reset();
    return finish("server, reset by an outage");
  }
  const unsigned refusal = shared_.refusal();
  if (refusal != 0) return refuse(refusal, "this exchange refuses the connection, as it was told to");
  const std::optional<Target> target = parse_target(request->target);
  if (!target) return refuse(404, "there is /ws, /ws/<stream> and /stream?streams=<a>/<b>, and REST below /api/v3/");
  if (!request->is_upgrade) return refuse(426, "connect with a websocket client, version 13");

  subscriptions_.shape.combined = target->combined;
  subscriptions_.shape.microseconds = target->microseconds;
  if (shared_.options.all_frames) subscriptions_.want_all();
  bool good = target->well_formed;
  for (const std::string& name : target->streams) good = good && subscriptions_.add(name);
  open(std::string_view(head_).substr(head.size()), upgrade_response(request->key));
  if (!good) close(1008, R"({"code":-1,"msg":"Illegal format ws or stream"})");
}

void Session::hand_over_to_rest() {
  close_timer_.cancel();
  state_ = State::gone;
  shared_.serve_rest(host_, std::move(transport_), std::move(head_));
  gone_(this);
}

ConnectionTruth& Session::account() {
  if (account_ == nullptr) {
    account_ = &shared_.truth.new_connection();
    account_->host = host_.number;
    account_->opened_ms = std::chrono::duration_cast<std::chrono::milliseconds>(opened_ - shared_.started).count();
  }
  return *account_;
}

void Session::refuse(unsigned status, const std::string& sentence) {
  account().closed_by = fmt::format("HTTP {}", status);
  const auto response = std::make_shared<std::string>(refusal_response(status, sentence));
  transport_->write_some(boost::asio::buffer(*response),
                         [self = shared_from_this(), response, status](const Transport::Error&, std::size_t) {
                           self->transport_->half_close();
                           self->finish(fmt::format("refused with HTTP {}", status));
                         });
}

void Session::open(std::string_view head_rest, const std::string& response) {
  close_timer_.cancel();
  state_ = State::open;
  shared_.log(fmt::format("connection {} opens {}", account_->number, account_->target));
  urgent_ = response;
  move_to(shared_.exchange.start_position(*this, host_.delay));
  pings_.start(std::chrono::steady_clock::now());
  const Duration lifetime = shared_.options.lifetime;
  if (lifetime > Duration::zero()) after(lifetime_timer_, lifetime, [this] { close(1001, "going away"); });
  shared_.exchange.enter(*this);
  shared_.exchange.changed();
  watch();
  const std::string rest(head_rest);
  head_.clear();
  pump();
  if (!rest.empty()) take(rest);
  if (state_ != State::gone) read();
}

}  // namespace sluice::sim
