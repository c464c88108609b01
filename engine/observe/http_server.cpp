// SPDX-License-Identifier: Apache-2.0
#include "observe/http_server.hpp"

#include <fmt/format.h>
#include <pthread.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <list>
#include <optional>
#include <thread>
#include <vector>

#include "observe/host_check.hpp"
#include "sluice/safe_text.hpp"

namespace sluice::engine {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using beast::error_code;

constexpr std::chrono::milliseconds accept_pause{100};
// After the last answer of a connection what the client still sends is read and thrown away for a moment, as closing
// with unread bytes would reset the connection and take the answer with it.
constexpr std::chrono::milliseconds linger{1'000};
constexpr size_t linger_bytes = 64 * 1024;
constexpr size_t most_shown_of_host = 100;

/// The path of a request's target: without scheme and host of an absolute one, and without the query.
std::string_view path_of(std::string_view target) {
  if (target.starts_with("http://")) {
    const size_t slash = target.find('/', 7);
    target = slash == std::string_view::npos ? "/" : target.substr(slash);
  }
  return target.substr(0, target.find_first_of("?#"));
}

/// The authority of an absolute target, which counts instead of the Host field (RFC 9112, 3.2.2).
std::optional<std::string_view> authority_of(std::string_view target) {
  if (!target.starts_with("http://")) return std::nullopt;
  target.remove_prefix(7);
  return target.substr(0, target.find_first_of("/?#"));
}

std::string address_text(const tcp::endpoint& endpoint) {
  return HttpAddress{endpoint.address().to_string(), endpoint.port()}.text();
}

HttpAnswer plain(unsigned status, std::string sentence) {
  return {status, "text/plain; charset=utf-8", sentence + "\n"};
}

/// What to say to a head that was not understood; nothing when there is nobody left to say it to.
std::optional<HttpAnswer> answer_to(error_code error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return plain(431, "the head of the request is too large");
  }
  if (error == http::error::body_limit) return plain(413, "a request here has no body");
  if (error == http::error::bad_version) return plain(505, "this server speaks HTTP/1.0 and HTTP/1.1");
  if (error == http::error::end_of_stream || error == http::error::partial_message) return std::nullopt;
  if (error.category() == http::make_error_code(http::error::bad_method).category()) {
    return plain(400, "the request was not understood");
  }
  return std::nullopt;
}

}  // namespace

/// Everything lives on its thread, once it runs.
class HttpServer::Loop {
 public:
  explicit Loop(HttpOptions options) : options_(std::move(options)) {}

  Result<void> listen(const HttpAddress& wanted);
  void run();
  void stop();

  tcp::endpoint endpoint() const { return endpoint_; }

 private:
  class Connection;
  using Connections = std::list<std::shared_ptr<Connection>>;
  void accept();
  void accept_after_a_pause();
  void take(tcp::socket socket);
  void tick();
  std::optional<HttpAnswer> refuse_host(const http::request_header<>& head) const;
  HttpAnswer answer(const http::request_header<>& head, bool has_body);

  const HttpOptions options_;
  asio::io_context io_{1};
  tcp::acceptor acceptor_{io_};
  asio::steady_timer pause_{io_};
  asio::steady_timer tick_{io_};
  tcp::endpoint endpoint_;
  Connections connections_;  ///< the one that has waited longest first
  std::thread thread_;
  HttpCounts counts_;
};

class HttpServer::Loop::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Loop& loop, tcp::socket socket)
      : loop_(loop), stream_(std::move(socket)), buffer_(2 * size_t{loop.options_.limits.head_bytes}) {}

  void begin(Connections::iterator place) {
    place_ = place;
    error_code ignored;
    stream_.socket().set_option(tcp::no_delay(true), ignored);
    read();
  }
  void close() {
    if (is_closed_) return;
    is_closed_ = true;
    stream_.cancel();
    error_code ignored;
    stream_.socket().close(ignored);
    const auto self = shared_from_this();
    loop_.connections_.erase(place_);
    loop_.counts_.connections = loop_.connections_.size();
  }

 private:
  void read() {
    parser_.emplace();
    parser_->header_limit(loop_.options_.limits.head_bytes);
    stream_.expires_after(loop_.options_.limits.request);
    http::async_read_header(stream_, buffer_, *parser_,
                            [self = shared_from_this()](error_code error, size_t) { self->have_head(error); });
  }

  void have_head(error_code error) {
    if (is_closed_) return;
    if (error) {
      if (auto answer = answer_to(error)) return send(*std::move(answer), 11, false, false);
      return close();
    }
    const auto& head = parser_->get();
    // Whatever body is announced, none is read: the connection ends with the answer.
    const bool has_body = !parser_->is_done();
    HttpAnswer answer = loop_.answer(head, has_body);
    send(std::move(answer), head.version(), head.keep_alive() && !has_body, head.method() == http::verb::head);
  }

  void send(HttpAnswer answer, unsigned version, bool keep_alive, bool is_head) {
    ++loop_.counts_.requests[answer.status];
    response_ = {};
    response_.result(answer.status);
    response_.version(version);
    response_.set(http::field::server, "sluice");
    response_.set(http::field::content_type, answer.content_type);
    response_.set(http::field::cache_control, "no-store");
    response_.set("X-Content-Type-Options", "nosniff");
    response_.set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'");
    if (answer.status == 405) response_.set(http::field::allow, "GET, HEAD");
    response_.body() = std::move(answer.body);
    response_.prepare_payload();
    response_.keep_alive(keep_alive);
    stream_.expires_after(loop_.options_.limits.answer);
    const auto sent = [self = shared_from_this(), keep_alive](error_code error, size_t) {
      self->have_sent(error, keep_alive);
    };
    if (is_head) {
      serializer_.emplace(response_);
      http::async_write_header(stream_, *serializer_, sent);
    } else {
      http::async_write(stream_, response_, sent);
    }
  }

  void have_sent(error_code error, bool keep_alive) {
    if (is_closed_) return;
    if (error) return close();
    if (!keep_alive) {
      stream_.socket().shutdown(tcp::socket::shutdown_send, error);
      stream_.expires_after(linger);
      return throw_away();
    }
    // An idle connection keeps no page in memory.
    serializer_.reset();
    response_ = {};
    // To the end of the line: others have waited longer now.
    loop_.connections_.splice(loop_.connections_.end(), loop_.connections_, place_);
    read();
  }

  void throw_away() {
    stream_.async_read_some(asio::buffer(wasted_), [self = shared_from_this()](error_code error, size_t bytes) {
      self->wasted_bytes_ += bytes;
      if (self->is_closed_) return;
      if (error || self->wasted_bytes_ > linger_bytes) return self->close();
      self->throw_away();
    });
  }

  Loop& loop_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::empty_body>> parser_;
  http::response<http::string_body> response_;
  std::optional<http::response_serializer<http::string_body>> serializer_;
  Connections::iterator place_;
  bool is_closed_ = false;
  size_t wasted_bytes_ = 0;
  std::array<char, 4096> wasted_{};
};

Result<void> HttpServer::Loop::listen(const HttpAddress& wanted) {
  const std::string port = std::to_string(wanted.port);
  error_code error;
  tcp::resolver resolver(io_);
  const auto found = resolver.resolve(wanted.host, port, tcp::resolver::passive, error);
  if (error || found.empty()) {
    return operator_needed(
        fmt::format("http: there is no host {} ({}); write an address of this machine, such as 127.0.0.1:{}",
                    wanted.host, error.message(), port));
  }
  // Of a name with several addresses the IPv4 one: what people mean by localhost.
  endpoint_ = found.begin()->endpoint();
  for (const auto& one : found) {
    if (one.endpoint().address().is_v4()) {
      endpoint_ = one.endpoint();
      break;
    }
  }
  acceptor_.open(endpoint_.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint_, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error == asio::error::address_in_use) {
    return operator_needed(
        fmt::format("http: the port of {} is in use by another program; end that one, or give the process another "
                    "address with `http` (port 0 takes one that is free)",
                    wanted.text()),
        "EADDRINUSE");
  }
  if (error == asio::error::access_denied) {
    return operator_needed(fmt::format("http: this user may not serve on {}; take a port above 1023", wanted.text()),
                           "EACCES");
  }
  if (error) {
    return operator_needed(
        fmt::format("http: {} cannot be served: {}; write an address that this machine has, such as 127.0.0.1:{}",
                    wanted.text(), error.message(), port));
  }
  endpoint_ = acceptor_.local_endpoint(error);
  return {};
}

void HttpServer::Loop::run() {
  accept();
  if (options_.tick) asio::post(io_, [this] { tick(); });
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "http");
    while (!io_.stopped()) {
      try {
        io_.run();
      } catch (const std::exception&) {
        // Out of memory within one connection: the others go on.
        continue;
      }
    }
  });
}

void HttpServer::Loop::stop() {
  io_.stop();
  if (thread_.joinable()) thread_.join();
  for (Connections::iterator at = connections_.begin(); at != connections_.end();) (*at++)->close();
}

void HttpServer::Loop::accept() {
  acceptor_.async_accept([this](error_code error, tcp::socket socket) {
    // Out of file descriptors or memory: trying again at once would spin.
    if (error) return accept_after_a_pause();
    // First of all, so that whatever becomes of this connection, others can come.
    accept();
    take(std::move(socket));
  });
}

void HttpServer::Loop::accept_after_a_pause() {
  pause_.expires_after(accept_pause);
  pause_.async_wait([this](error_code error) {
    if (!error) accept();
  });
}

void HttpServer::Loop::take(tcp::socket socket) {
  uint64_t refused = 0;
  while (connections_.size() >= options_.limits.connections) {
    connections_.front()->close();
    ++refused;
  }
  const auto place = connections_.insert(connections_.end(), std::make_shared<Connection>(*this, std::move(socket)));
  counts_.connections = connections_.size();
  counts_.refused += refused;
  (*place)->begin(place);
}

void HttpServer::Loop::tick() {
  tick_.expires_after(options_.tick_interval);
  tick_.async_wait([this](error_code error) {
    if (!error) tick();
  });
  options_.tick();
}

/// Only the loopback is guarded: who serves other machines is named by them as they like, and they can read the pages
/// without any detour.
std::optional<HttpAnswer> HttpServer::Loop::refuse_host(const http::request_header<>& head) const {
  const size_t hosts = head.count(http::field::host);
  if (hosts > 1 || (hosts == 0 && head.version() >= 11)) return plain(400, "a request has one Host field");
  const auto field = head[http::field::host];
  const std::string_view named =
      authority_of({head.target().data(), head.target().size()}).value_or(std::string_view(field.data(), field.size()));
  if (!endpoint_.address().is_loopback() || is_private_name(named)) return std::nullopt;
  return plain(421, fmt::format("this server is for this machine alone, and {} may be a name of somebody else; ask by "
                                "address, as http://{}/",
                                safe_text(named, most_shown_of_host), address_text(endpoint_)));
}

HttpAnswer HttpServer::Loop::answer(const http::request_header<>& head, bool has_body) {
  const http::verb method = head.method();
  const std::string_view target(head.target().data(), head.target().size());
  if (auto refused = refuse_host(head)) return *std::move(refused);
  if (method != http::verb::get && method != http::verb::head) return plain(405, "only GET and HEAD are answered here");
  if (has_body) return plain(413, "a request here has no body");
  const std::string_view path = path_of(target);
  if (!path.starts_with('/')) return plain(400, "the target of a request begins with a slash");
  try {
    return options_.answer(path, counts_);
  } catch (const std::exception& error) {
    return plain(500, fmt::format("the page could not be made: {}", error.what()));
  }
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(const HttpAddress& address, HttpOptions options) {
  auto loop = std::make_unique<Loop>(std::move(options));
  if (auto listening = loop->listen(address); !listening) return listening.error();
  loop->run();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(loop)));
}

HttpServer::HttpServer(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}
HttpServer::~HttpServer() { loop_->stop(); }

HttpAddress HttpServer::address() const { return {loop_->endpoint().address().to_string(), loop_->endpoint().port()}; }
bool HttpServer::is_beyond_loopback() const { return !loop_->endpoint().address().is_loopback(); }

}  // namespace sluice::engine
