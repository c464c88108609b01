// SPDX-License-Identifier: Apache-2.0
// The exchange's REST: /api/v3/historicalTrades, aggTrades and time, over the history of what the streams send.
// Guarantees rows in order of ids from `fromId` on, the exchange's weights, error bodies and headers.
// Knows no socket and reads no clock: a request and the time come in, a whole reply goes out.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "history.hpp"
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
};

class Rest {
 public:
  Rest(const History& history, Truth& truth, const WeightRules& rules)
      : history_(history), truth_(truth), weights_(rules) {}

  RestReply answer(const RestRequest& request, const Now& now);

 private:
  struct Call {
    RestQuery query;
    bool microseconds = false;
    Now now;
    RestReply reply;
  };
  using Endpoint = void (Rest::*)(Call&);
  struct Route {
    std::string_view path;
    std::uint64_t weight;
    Endpoint endpoint;
  };
  static const Route routes[];

  RestReply answer_route(const Route& route, const RestRequest& request, const Now& now);
  void historical_trades(Call& call);
  void aggregate_trades(Call& call);
  void time(Call& call);
  // Null after an error, which is then in the query.
  const HistoryRows* rows(Call& call, EventKind kind);

  const History& history_;
  Truth& truth_;
  Weights weights_;
};

// {"code":-1121,"msg":"Invalid symbol."}
std::string rest_error_body(int code, std::string_view message);

// Status line, headers and body.
std::string render_reply(const RestReply& reply, bool keep_alive);

}  // namespace sluice::sim
