// SPDX-License-Identifier: Apache-2.0
// What the tests of the repair share: a REST server that a test plays, and a repair that runs until it has something.
// The clock runs, and leaps over waits that concern no socket, so that a test waits for nothing but the server, unless
// the server counts time, too.
#pragma once
#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

#include "catch.hpp"
#include "loopback/server.hpp"
#include "repair.hpp"
#include "sluice/net/lone_host.hpp"

namespace sluice::binance::test {

using namespace net::test;

constexpr int64_t second_ns = 1'000'000'000;
inline const Stream btc_trade{"btcusdt@trade", "trade", "BTCUSDT", EventType::trade};
inline const Stream eth_agg{"ethusdt@aggTrade", "aggTrade", "ETHUSDT", EventType::agg_trade};

struct Asked {
  std::string head;  ///< of the request
  std::string path;
  std::string symbol;
  int64_t from = 0;
  int64_t limit = 0;

  static Asked of(const std::string& head) {
    Asked asked;
    asked.head = head;
    const std::string target = head.substr(4, head.find(" HTTP") - 4);
    asked.path = target.substr(0, target.find('?'));
    const auto value = [&](const std::string& name) {
      const size_t at = target.find(name + "=");
      if (at == std::string::npos) return std::string();
      const std::string rest = target.substr(at + name.size() + 1);
      return rest.substr(0, rest.find('&'));
    };
    asked.symbol = value("symbol");
    if (!value("fromId").empty()) asked.from = std::stoll(value("fromId"));
    if (!value("limit").empty()) asked.limit = std::stoll(value("limit"));
    return asked;
  }
};

inline std::string trade_row(int64_t id) {
  return R"({"id":)" + std::to_string(id) +
         R"(,"price":"61685.99000000","qty":"0.00017000","quoteQty":"10.48661830","time":1723161601437,)"
         R"("isBuyerMaker":true,"isBestMatch":true})";
}
inline std::string trade_payload(int64_t id) {
  return R"({"e":"trade","s":"BTCUSDT","t":)" + std::to_string(id) +
         R"(,"p":"61685.99000000","q":"0.00017000","T":1723161601437,"m":true,"M":true})";
}
/// Each folds two trades.
inline std::string agg_row(int64_t id) {
  return R"({"a":)" + std::to_string(id) + R"(,"p":"1.0","q":"2.0","f":)" + std::to_string(2 * id) + R"(,"l":)" +
         std::to_string(2 * id + 1) + R"(,"T":1617566591314,"m":false,"M":true})";
}

/// The rows that the exchange has from the asked id on, as many as are asked for; `has`: whether it has an id.
template <typename Has>
std::string rows_for(const Asked& asked, int64_t end, Has&& has) {
  std::string text = "[";
  int64_t count = 0;
  for (int64_t id = asked.from; id < end && count < asked.limit; ++id) {
    if (!has(id)) continue;
    if (count++ > 0) text += ',';
    text += asked.path == "/api/v3/aggTrades" ? agg_row(id) : trade_row(id);
  }
  return text + "]";
}
inline std::string rows_for(const Asked& asked, int64_t end = INT64_MAX) {
  return rows_for(asked, end, [](int64_t) { return true; });
}

inline std::string http(const std::string& status, const std::string& body, const std::string& fields = {}) {
  return "HTTP/1.1 " + status + "\r\n" + fields + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}
inline std::string ok(const std::string& body, const std::string& fields = {}) { return http("200 OK", body, fields); }

/// Answers each request by `answer(number, asked)`; an empty answer ends the connection.
class RestServer {
 public:
  using Answer = std::function<std::string(int number, const Asked& asked)>;
  explicit RestServer(Answer answer, const Certificate* certificate = nullptr)
      : answer_(std::move(answer)), server_([this](int, Client& client) { serve(client); }, certificate) {}

  std::string url(bool tls = false) const {
    return (tls ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(server_.port());
  }
  int connections() const { return server_.connections(); }
  std::vector<Asked> asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  void serve(Client& client) {
    for (;;) {
      const std::string head = client.read_request();
      if (head.empty()) return;
      const Asked asked = Asked::of(head);
      int number = 0;
      {
        const std::lock_guard lock(mutex_);
        number = static_cast<int>(asked_.size());
        asked_.push_back(asked);
      }
      const std::string text = answer_(number, asked);
      if (text.empty()) return;
      client.send(text);
      // What is shorter than it says is a cut.
      const size_t length_at = text.find("Content-Length: "), head_end = text.find("\r\n\r\n");
      if (head_end == std::string::npos) return;
      if (length_at < head_end && text.size() - head_end - 4 < std::stoull(text.substr(length_at + 16))) return;
    }
  }

  Answer answer_;
  mutable std::mutex mutex_;
  std::vector<Asked> asked_;
  Server server_;
};

class Repairing {
 public:
  enum class Clock { leaping, running };
  explicit Repairing(const std::string& url, bool microseconds = false, SSL_CTX* tls = nullptr,
                     Clock clock = Clock::leaping)
      : Repairing(options_for(url, microseconds), tls, clock) {}
  explicit Repairing(const RepairOptions& options, SSL_CTX* tls = nullptr, Clock clock = Clock::leaping)
      : clock_(clock), repair_(context_, options, tls, waker_, [this](const Missing& left) {
          return wish ? wish(left) : Repair::Wish::now;
        }) {}

  static RepairOptions options_for(const std::string& url, bool microseconds) {
    RepairOptions options;
    options.endpoint = *parse_rest_url(url);
    options.microseconds = microseconds;
    return options;
  }

  Repair& repair() { return repair_; }
  std::function<Repair::Wish(const Missing&)> wish{};  ///< nothing: all of it, now
  int64_t now_ns() const { return context_.monotonic_ns() + leapt_ns_; }
  /// Leaps over waits so far.
  int64_t leapt_ns() const { return leapt_ns_; }
  void leap(int64_t by_ns) { leapt_ns_ += by_ns; }

  /// Until `done()` or nothing is left to do; false: the latter.
  template <typename Done>
  bool run_until(Done&& done) {
    while (!done()) {
      if (repair_.is_idle()) return false;
      repair_.step(now_ns());
      if (done()) return true;
      const int64_t deadline_ns = repair_.deadline_ns();
      if (repair_.fd() >= 0) {
        net::wait_for(waker_, repair_.fd(), repair_.events(), std::min(deadline_ns - now_ns(), second_ns / 50));
      } else if (deadline_ns != INT64_MAX && clock_ == Clock::running) {
        net::wait_for(waker_, -1, 0, deadline_ns - now_ns());
      } else if (deadline_ns != INT64_MAX) {
        leapt_ns_ += std::max<int64_t>(deadline_ns - now_ns(), 0);
      } else if (!repair_.is_idle()) {
        return done();
      }
    }
    return true;
  }
  /// The next piece.
  Repair::Piece piece() {
    std::optional<Repair::Piece> piece;
    run_until([&] { return (piece = repair_.take()).has_value(); });
    REQUIRE(piece);
    return *std::move(piece);
  }
  /// What it says while it waits after a failure.
  std::string trouble() {
    run_until([&] { return !repair_.trouble().empty(); });
    return std::string(repair_.trouble());
  }
  /// All pieces, to the end.
  std::vector<Repair::Piece> pieces() {
    std::vector<Repair::Piece> all;
    while (!repair_.is_idle()) all.push_back(piece());
    return all;
  }

 private:
  Context context_ = net::lone_context();
  net::Waker waker_ = *net::Waker::make();
  Clock clock_;
  int64_t leapt_ns_ = 0;
  Repair repair_;
};

/// Each piece has what it says, and together they are `first` to `last`, once.
inline void check_cover(const std::vector<Repair::Piece>& pieces, const Stream& stream, int64_t first, int64_t last) {
  int64_t next = first;
  for (const Repair::Piece& piece : pieces) {
    REQUIRE(piece.range.stream == &stream);
    REQUIRE(piece.range.first == next);
    REQUIRE(piece.range.last >= piece.range.first);
    if (piece.permanent.empty()) {
      int64_t id = piece.range.first;
      for (const RepairedRow& row : piece.rows) {
        REQUIRE(row.id == id++);
        if (&stream == &btc_trade) REQUIRE(row.payload == trade_payload(row.id));
      }
      REQUIRE(id == piece.range.last + 1);
    } else {
      REQUIRE(piece.rows.empty());
    }
    next = piece.range.last + 1;
  }
  CHECK(next == last + 1);
}

inline bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace sluice::binance::test
