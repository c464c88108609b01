// SPDX-License-Identifier: Apache-2.0
#include "listening.hpp"

#include <algorithm>
#include <limits>

#include "decode.hpp"
#include "session.hpp"
#include "sluice/net/lone_host.hpp"
#include "sluice/net/websocket_dialer.hpp"
#include "sluice/safe_text.hpp"

namespace sluice::binance {
namespace {

constexpr int64_t goodbye_ns = 500'000'000;
constexpr int64_t never_ns = std::numeric_limits<int64_t>::max() / 2;
constexpr size_t longest_answer = 300;

class Visit {
 public:
  Visit(const Options& options, const net::Waker& waker)
      : names_(make_stream_names(options.symbols, options.stream_types)),
        waker_(waker),
        silent_(stream_names(options)) {
    for (const StreamName& each : names_) streams_.add({each.name, each.type, each.symbol, event_type(each.type)});
  }

  /// False: see loss.
  bool connect(const Options& options, SSL_CTX* tls, const VisitLimits& limits, Loss& loss) {
    const net::Route route = make_route(options, tls, limits.connect_ns);
    net::AddressMemory memory;
    net::WebsocketDialer dialer(context_, route, memory, waker_);
    dialer.start(now());
    for (;;) {
      switch (dialer.step(now(), buffer_)) {
        case net::WebsocketDialer::Progress::working:
          net::wait_for(waker_, dialer.fd(), dialer.events(), dialer.deadline_ns() - now());
          break;
        case net::WebsocketDialer::Progress::lost:
          loss = loss_of(dialer.loss());
          return false;
        case net::WebsocketDialer::Progress::open:
          // The time to listen is the only deadline of this session.
          session_.emplace(context_, dialer.take_transport(), buffer_,
                           SessionLimits{options.max_frame_bytes, never_ns, never_ns, never_ns}, now());
          return true;
      }
    }
  }

  Heard listen(int64_t listen_ns) {
    const int64_t end_ns = now() + listen_ns;
    Decoder decoder(streams_);
    Heard heard;
    heard.listen_ns = listen_ns;
    for (;;) {
      for (const net::Message& message : session_->messages()) hear(message, decoder, heard);
      session_->messages_taken();
      if (session_->loss()) heard.loss = session_->loss();
      if (heard.loss || silent_.empty() || now() >= end_ns) break;
      session_->send_waiting();
      session_->read(now());
      if (!session_->messages().empty() || session_->loss() || !session_->drained()) continue;
      if (net::wait_for(waker_, session_->fd(), session_->events(true), end_ns - now()).socket_ready) {
        session_->socket_ready();
      }
    }
    heard.silent = silent_;
    return heard;
  }

  void leave() {
    session_->say_goodbye();
    const int64_t end_ns = now() + goodbye_ns;
    while (!session_->linger() && now() < end_ns) {
      net::wait_for(waker_, session_->fd(), session_->events(true), end_ns - now());
    }
  }

 private:
  int64_t now() const { return context_.monotonic_ns(); }

  void hear(const net::Message& message, Decoder& decoder, Heard& heard) {
    const std::string_view text{reinterpret_cast<const char*>(message.data), message.size};
    Event event;
    switch (message.text ? decoder.decode(text, event) : FrameKind::malformed) {
      case FrameKind::event:
      case FrameKind::events:
        ++heard.events;
        std::erase(silent_, event.stream->name);
        break;
      case FrameKind::control_reply:
        if (heard.answer.empty()) heard.answer = safe_text(text, longest_answer);
        break;
      case FrameKind::malformed:
        if (heard.malformed++ == 0) heard.why_malformed = message.text ? event.why : "it is a binary message";
        break;
      case FrameKind::unknown_stream:
        if (const Stream* meant = streams_.find_but_for_case(event.name); meant != nullptr && heard.meant.empty()) {
          heard.meant = meant->name;
          heard.unknown = safe_text(event.name, longest_answer);
        }
        break;
      case FrameKind::server_shutdown:
        break;
    }
  }

  Context context_ = net::lone_context();
  std::vector<StreamName> names_;
  net::Waker waker_;
  std::vector<std::string> silent_;
  StreamTable streams_;  ///< its texts are those of names_
  net::ReadBuffer buffer_{context_};
  std::optional<Session> session_;
};

}  // namespace

Result<std::variant<Loss, Heard>> visit(const Options& options, SSL_CTX* tls, const VisitLimits& limits) {
  const Result<net::Waker> waker = net::Waker::make();
  if (!waker) return waker.error();
  Visit visit(options, *waker);
  Loss loss;
  if (!visit.connect(options, tls, limits, loss)) return std::variant<Loss, Heard>(std::move(loss));
  Heard heard = visit.listen(limits.listen_ns);
  visit.leave();
  return std::variant<Loss, Heard>(std::move(heard));
}

}  // namespace sluice::binance
