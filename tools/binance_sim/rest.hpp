// SPDX-License-Identifier: Apache-2.0
// The exchange's REST below /api/v3/: historicalTrades and aggTrades, over the history of what the streams send, time
// and exchangeInfo.
// Guarantees rows in order of ids from `fromId` on, the exchange's weights, error bodies and headers.
// Knows no socket and reads no clock: a request and the time come in, a whole reply goes out.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "history.hpp"
#include "rest_faults.hpp"
#include "rest_query.hpp"
#include "truth.hpp"
#include "weights.hpp"

namespace sluice::sim {

struct RestRequest {
  std::string method = "GET", target, time_unit, address;
};

struct RestReply {
  unsigned status = 200;
  std::string body;
  std::string content_type = "application/json;charset=UTF-8";
  std::optional<std::uint64_t> used_weight;
  std::optional<Time::duration> retry_after;
  std::size_t rows = 0;
  bool chunked = false;                  // the body, without a length
  bool is_reset = false;                 // an outage: no reply at all
  Time::duration delay{};                // a fault: sent so much later
  std::optional<std::size_t> cut_after;  // a fault: the connection ends after so many bytes of the body
};

class Rest {
 public:
  struct Rows {
    HistoryRows::const_iterator first, last;
  };

  struct Settings {
    WeightRules weights;
    Time::duration behind{};  // a row is served this long after it was issued
    bool chunked = false;
    RestFaultPlan faults;
  };
  Rest(const History& history, Truth& truth, const Settings& settings)
      : history_(history),
        truth_(truth),
        weights_(settings.weights),
        behind_(settings.behind),
        chunked_(settings.chunked),
        faults_(settings.faults) {}

  RestReply answer(const RestRequest& request, const Now& now);
  // The next request gets the fault; a refusal begins now.
  void strike(RestFault fault, const Now& now);
  std::uint64_t requests() const { return requests_; }

 private:
  struct Call {
    RestQuery query;
    bool microseconds = false;
    Now now;
    RestReply reply;
    std::int64_t server_time() const { return microseconds ? now.wall_ms * 1000 : now.wall_ms; }
    std::int64_t shift = 0;  // a fault: the rows begin so many later than asked
  };
  using Endpoint = void (Rest::*)(Call&);
  struct Route {
    std::string_view path;
    std::uint64_t weight;
    Endpoint endpoint;
  };
  static const Route routes[];

  void begin_refusal(const RestFault& fault, const Now& now);
  bool refused_by_fault(const Now& now, RestReply& reply);
  RestReply answer_route(const Route& route, const RestRequest& request, const Now& now);
  void historical_trades(Call& call);
  void aggregate_trades(Call& call);
  void time(Call& call);
  void info(Call& call);
  // Nothing after an error, which is then in the query.
  std::optional<Rows> rows(Call& call, EventKind kind);

  const History& history_;
  Truth& truth_;
  Weights weights_;
  Time::duration behind_;
  bool chunked_;
  RestFaultPlan faults_;
  std::uint64_t requests_ = 0;
  unsigned refusing_ = 0;  // until then, with this status
  Time refusing_until_{};
};

// {"code":-1121,"msg":"Invalid symbol."}
std::string rest_error_body(int code, std::string_view message);

// Status line, headers and body.
std::string render_reply(const RestReply& reply, bool keep_alive);

}  // namespace sluice::sim
