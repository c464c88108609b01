// SPDX-License-Identifier: Apache-2.0
#include "server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <cerrno>
#include <cstring>
#include <deque>
#include <fstream>

#include "certificate.hpp"
#include "door.hpp"
#include "remote.hpp"
#include "rest_connection.hpp"
#include "session.hpp"

namespace sluice::sim {
namespace {

using boost::asio::ip::tcp;
using Error = boost::system::error_code;

std::optional<Failure> write_text(const std::string& path, const std::string& text, const char* what) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (file) return std::nullopt;
  return Failure{exit_file, fmt::format("cannot write the {} {}: {}", what, path, std::strerror(errno))};
}

}  // namespace

class Server::Body {
 public:
  explicit Body(Options options) : options_(std::move(options)) {}

  std::optional<Failure> prepare();
  std::size_t hosts() const { return doors_.size(); }
  std::string url(std::size_t host) const;
  std::uint16_t port(std::size_t host) const { return doors_[host]->port(); }
  void stop_on_signals();
  std::optional<Failure> run();
  void stop(const std::string& reason);

  std::function<void(const std::string&)> log = [](const std::string&) {};
  std::function<void(const std::string&)> ended = [](const std::string&) {};
  std::string certificate_pem;

 private:
  std::optional<Failure> load_captures();
  std::optional<Failure> prepare_tls();
  std::optional<Failure> listen();
  void accept();
  void admit(tcp::socket socket, const Host& host);
  unsigned refusal();
  void market_ended();
  void close_all(unsigned code, const std::string& reason);
  void serve_rest(const Host& host, std::unique_ptr<Transport> transport, std::string bytes);
  RestReply answer(const Host& host, const RestRequest& request, const Now& now);
  bool is_away(const Host& host) const;
  Remote::Actions actions();
  void outage(unsigned host, Duration lasts);
  std::string list_connections() const;
  void gone(Session* session);

  Options options_;
  boost::asio::io_context io_{1};
  boost::asio::ssl::context tls_{boost::asio::ssl::context::tls_server};
  std::vector<std::unique_ptr<Door>> doors_;
  boost::asio::signal_set signals_{io_};
  boost::asio::steady_timer stop_timer_{io_};

  Capture capture_;
  StreamTable streams_;
  std::unique_ptr<Feed> feed_;
  std::unique_ptr<FrameRenderer> renderer_;
  std::unique_ptr<Truth> truth_;
  std::unique_ptr<History> history_;
  std::unique_ptr<Rest> rest_;
  std::unique_ptr<Exchange> exchange_;
  std::unique_ptr<Listings> listings_;
  std::unique_ptr<Remote> remote_;
  std::unique_ptr<Shared> shared_;
  std::vector<std::shared_ptr<Session>> sessions_;
  std::vector<std::shared_ptr<RestConnection>> rest_connections_;
  std::deque<Time> recent_connects_;
  std::uint64_t connects_ = 0;
  bool stopping_ = false;
  std::string stop_reason_ = "end";
};

std::optional<Failure> Server::Body::prepare() {
  if (auto failure = load_captures()) return failure;
  if (options_.tls)
    if (auto failure = prepare_tls()) return failure;
  const Pace pace{options_.captures.empty() || options_.rate_given ? options_.rate : 0, options_.speed,
                  options_.start_ms};
  const bool captured = !options_.captures.empty();
  streams_ = captured ? capture_.streams() : Market::streams();
  feed_ = captured ? make_capture_feed(capture_, pace) : make_generated_feed(options_.seed, pace);
  renderer_ = std::make_unique<FrameRenderer>(streams_, captured ? &capture_ : nullptr);
  truth_ = std::make_unique<Truth>(streams_, options_.seed, options_.truth_ids && !options_.truth_path.empty());
  if (!options_.truth_rows_path.empty())
    if (auto failure = truth_->open_rows(options_.truth_rows_path)) return failure;
  // An unwritable place should not be found out at the end.
  if (!options_.truth_path.empty())
    if (auto failure = truth_->write(options_.truth_path, "not ended")) return failure;
  history_ = std::make_unique<History>(streams_, captured ? 0 : options_.history_rows, options_.rest_missing);
  rest_ = std::make_unique<Rest>(
      *history_, *truth_,
      Rest::Settings{options_.weights, options_.rest_behind, options_.rest_chunked, options_.rest_faults});
  exchange_ = std::make_unique<Exchange>(
      io_, streams_, *feed_, *truth_, *history_,
      Exchange::Settings{options_.live_clock, options_.frames, options_.stream_faults, options_.quiet});
  exchange_->on_end([this] { market_ended(); });
  listings_ = std::make_unique<Listings>(*feed_, streams_, *renderer_, *history_);
  listings_->on_listed([this] {
    for (const auto& session : sessions_) session->streams_listed();
    exchange_->changed();
  });
  for (unsigned i = 3; i < options_.symbols && !captured; ++i)
    listings_->change(fmt::format("SIM{}USDT", i + 1), SymbolStatus::trading);
  shared_ = std::make_unique<Shared>(
      Shared{options_, streams_, *renderer_, *exchange_, *truth_, log, [this] { return refusal(); },
             [this](const Host& host, auto transport, auto bytes) {
               serve_rest(host, std::move(transport), std::move(bytes));
             },
             [this](const Host& host) { return is_away(host); }, std::chrono::steady_clock::now()});
  if (auto failure = listen()) return failure;
  const auto hosts = static_cast<unsigned>(doors_.size());
  remote_ = std::make_unique<Remote>(*exchange_, *rest_, *history_, *listings_, hosts, actions());
  for (const Fault& fault : options_.faults.all())
    if (fault.host > hosts)
      return Failure{exit_usage,
                     fmt::format("a fault names host {}, and there are {}; add one with --also", fault.host, hosts)};
  return std::nullopt;
}

std::optional<Failure> Server::Body::load_captures() {
  for (const std::string& path : options_.captures) {
    const Outcome<std::size_t> taken = capture_.add_file(path);
    if (!taken) return taken.failure();
  }
  capture_.finish();
  if (!options_.captures.empty())
    log(fmt::format("{} recorded frames, {} lines skipped", capture_.frames().size(), capture_.skipped_lines()));
  return std::nullopt;
}

std::optional<Failure> Server::Body::prepare_tls() {
  Outcome<Certificate> certificate = options_.certificate_path.empty()
                                         ? make_certificate(options_.host)
                                         : read_certificate(options_.certificate_path, options_.key_path);
  if (!certificate) return certificate.failure();
  certificate_pem = certificate->certificate_pem;
  Error error;
  tls_.use_certificate_chain(boost::asio::buffer(certificate->certificate_pem), error);
  if (!error) tls_.use_private_key(boost::asio::buffer(certificate->key_pem), boost::asio::ssl::context::pem, error);
  if (error)
    return Failure{exit_file, fmt::format("the certificate {} and the key {} do not serve: {}",
                                          options_.certificate_path, options_.key_path, error.message())};
  if (options_.write_certificate_path.empty()) return std::nullopt;
  return write_text(options_.write_certificate_path, certificate_pem, "certificate");
}

std::optional<Failure> Server::Body::listen() {
  std::vector<HostOptions> hosts = options_.more_hosts;
  hosts.insert(hosts.begin(), {options_.port, options_.delay});
  std::string ports;
  for (const HostOptions& host : hosts) {
    const auto number = static_cast<unsigned>(doors_.size() + 1);
    doors_.push_back(std::make_unique<Door>(io_, Host{number, host.delay}));
    if (auto failure = doors_.back()->listen(options_.host, host.port)) return failure;
    ports += fmt::format("{}\n", doors_.back()->port());
  }
  if (options_.port_file.empty()) return std::nullopt;
  return write_text(options_.port_file, ports, "port file");
}

std::string Server::Body::url(std::size_t host) const {
  const bool six = options_.host.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}", options_.tls ? "wss" : "ws", six ? "[" : "", options_.host, six ? "]" : "",
                     port(host));
}

void Server::Body::stop_on_signals() {
  signals_.add(SIGINT);
  signals_.add(SIGTERM);
  signals_.async_wait([this](const Error& error, int number) {
    if (error) return;
    stop(number == SIGINT ? "SIGINT" : "SIGTERM");
    // A second one does not wait for clients.
    signals_.async_wait([this](const Error& second_error, int) {
      if (!second_error) io_.stop();
    });
  });
}

std::optional<Failure> Server::Body::run() {
  accept();
  io_.run();
  stopping_ = true;
  const std::vector<std::shared_ptr<RestConnection>> rest_left = rest_connections_;
  for (const auto& connection : rest_left) connection->close();
  const std::vector<std::shared_ptr<Session>> left = sessions_;
  for (const auto& session : left) session->abandon();
  return truth_->write(options_.truth_path, stop_reason_);
}

void Server::Body::stop(const std::string& reason) {
  boost::asio::post(io_, [this, reason] {
    if (stopping_) return;
    stopping_ = true;
    stop_reason_ = reason;
    for (const auto& door : doors_) door->close();
    exchange_->stop();
    if (sessions_.empty()) return io_.stop();
    // What is under way to a client that does not read is given up after a second.
    stop_timer_.expires_after(std::chrono::seconds(1));
    stop_timer_.async_wait([this](const Error& error) {
      if (!error) io_.stop();
    });
    close_all(1001, "going away");
  });
}

void Server::Body::close_all(unsigned code, const std::string& reason) {
  const std::vector<std::shared_ptr<Session>> all = sessions_;
  for (const auto& session : all) session->close(code, reason);
}

void Server::Body::accept() {
  for (const auto& door : doors_)
    door->accept([this, &door = *door](tcp::socket socket) { admit(std::move(socket), door.host()); }, log);
}

void Server::Body::admit(tcp::socket socket, const Host& host) {
  Error ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  if (options_.send_buffer_bytes > 0)
    socket.set_option(boost::asio::socket_base::send_buffer_size(options_.send_buffer_bytes), ignored);
  auto transport = options_.tls ? make_tls_transport(std::move(socket), tls_) : make_plain_transport(std::move(socket));
  const auto session = std::make_shared<Session>(*shared_, host, std::move(transport));
  sessions_.push_back(session);
  session->start([this](Session* which) { gone(which); });
}

unsigned Server::Body::refusal() {
  const Time at = std::chrono::steady_clock::now();
  if (connects_++ < options_.refuse_connects) return options_.refuse_status;
  if (options_.connects_per_five_minutes == 0) return 0;
  while (!recent_connects_.empty() && at - recent_connects_.front() > std::chrono::minutes(5))
    recent_connects_.pop_front();
  recent_connects_.push_back(at);
  return recent_connects_.size() > options_.connects_per_five_minutes ? 429 : 0;
}

void Server::Body::serve_rest(const Host& host, std::unique_ptr<Transport> transport, std::string bytes) {
  const auto connection = std::make_shared<RestConnection>(
      [this, host](const RestRequest& request, const Now& now) { return answer(host, request, now); },
      std::move(transport));
  rest_connections_.push_back(connection);
  connection->start(std::move(bytes), [this](RestConnection* which) {
    std::erase_if(rest_connections_, [&](const auto& held) { return held.get() == which; });
  });
}

RestReply Server::Body::answer(const Host& host, const RestRequest& request, const Now& now) {
  exchange_->catch_up();
  if (Remote::is_for(request.target)) return remote_->answer(request, now);
  if (!is_away(host)) return rest_->answer(request, now);
  RestReply none;
  none.is_reset = true;
  return none;
}

bool Server::Body::is_away(const Host& host) const {
  return doors_[host.number - 1]->is_away(std::chrono::steady_clock::now());
}

Remote::Actions Server::Body::actions() {
  const auto strike = [this](const Fault& fault) {
    const std::vector<std::shared_ptr<Session>> all = sessions_;
    for (const auto& session : all)
      if (fault.is_at(session->host().number)) session->strike_now(fault);
  };
  return {strike, [this](unsigned host, Duration lasts) { outage(host, lasts); },
          [this] { return list_connections(); }};
}

void Server::Body::outage(unsigned host, Duration lasts) {
  for (const auto& door : doors_)
    if (host == 0 || door->host().number == host) door->go_away(std::chrono::steady_clock::now() + lasts);
  const std::vector<std::shared_ptr<Session>> all = sessions_;
  for (const auto& session : all)
    if (host == 0 || session->host().number == host) session->cut("server, reset by an outage");
}

std::string Server::Body::list_connections() const {
  std::string list;
  for (const auto& session : sessions_) {
    if (!session->is_open()) continue;
    const ConnectionTruth& account = session->account_so_far();
    list += fmt::format(R"({}{{"connection":{},"host":{},"frames":{},"flowing":{}}})", list.empty() ? "" : ",",
                        account.number, account.host, account.frames, session->flowing());
  }
  return list;
}

void Server::Body::gone(Session* session) {
  std::erase_if(sessions_, [&](const std::shared_ptr<Session>& held) { return held.get() == session; });
  if (stopping_ && sessions_.empty()) {
    stop_timer_.cancel();
    io_.stop();
  }
}

void Server::Body::market_ended() {
  const char* reason = options_.captures.empty() || !feed_->ended() ? "frames" : "capture";
  if (auto failure = truth_->write(options_.truth_path, reason)) log(failure->message);
  ended(fmt::format("ended after {} frames", truth_->sent_events()));
  if (options_.exit_after_frames) return stop(reason);
  if (options_.close_after_frames) close_all(1000, "");
}

Server::Server(Options options) : body_(std::make_unique<Body>(std::move(options))) {}
Server::~Server() = default;
void Server::on_log(std::function<void(const std::string&)> log) { body_->log = std::move(log); }
void Server::on_end(std::function<void(const std::string&)> ended) { body_->ended = std::move(ended); }
std::optional<Failure> Server::prepare() { return body_->prepare(); }
std::size_t Server::hosts() const { return body_->hosts(); }
std::string Server::url(std::size_t host) const { return body_->url(host); }
std::uint16_t Server::port(std::size_t host) const { return body_->port(host); }
std::string Server::certificate_pem() const { return body_->certificate_pem; }
void Server::stop_on_signals() { body_->stop_on_signals(); }
std::optional<Failure> Server::run() { return body_->run(); }
void Server::stop(const std::string& reason) { body_->stop(reason); }

}  // namespace sluice::sim
