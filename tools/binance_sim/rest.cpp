// SPDX-License-Identifier: Apache-2.0
#include "rest.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "handshake.hpp"
#include "rest_rows.hpp"

namespace sluice::sim {
namespace {

constexpr std::int64_t most_rows = 1000, usual_rows = 500;
constexpr std::string_view minute_limit_text =
    "Please use WebSocket Streams for live updates to avoid polling the API.";

std::int64_t in_us(std::int64_t time) { return time >= 100'000'000'000'000 ? time : time * 1000; }

// A limit above the most is the most, as there.
std::int64_t limit_of(RestQuery& query) {
  const std::int64_t limit = query.number("limit").value_or(usual_rows);
  if (limit == 0) query.fail(-1130, "Data sent for parameter 'limit' is not valid.");
  return std::min(limit, most_rows);
}

struct Picked {
  HistoryRows::const_iterator first, last;
};

HistoryRows::const_iterator from_id(const HistoryRows& rows, std::int64_t id) {
  return std::lower_bound(rows.begin(), rows.end(), id,
                          [](const HistoryRow& row, std::int64_t wanted) { return row.id < wanted; });
}

Picked oldest_from(const HistoryRows& rows, HistoryRows::const_iterator first, std::int64_t limit) {
  return {first, first + std::min<std::int64_t>(limit, rows.end() - first)};
}

Picked newest_before(const HistoryRows& rows, HistoryRows::const_iterator last, std::int64_t limit) {
  return {last - std::min<std::int64_t>(limit, last - rows.begin()), last};
}

template <typename Append>
void write_rows(const Picked& picked, Append append, bool microseconds, RestReply& reply) {
  reply.body = "[";
  for (auto row = picked.first; row != picked.last; ++row) {
    if (row != picked.first) reply.body += ',';
    append(*row, microseconds, reply.body);
  }
  reply.body += ']';
  reply.rows = static_cast<std::size_t>(picked.last - picked.first);
}

std::optional<bool> wants_microseconds(std::string_view unit) {
  if (unit.empty() || unit == "MILLISECOND" || unit == "millisecond") return false;
  if (unit == "MICROSECOND" || unit == "microsecond") return true;
  return std::nullopt;
}

}  // namespace

const Rest::Route Rest::routes[] = {{"/api/v3/historicalTrades", 25, &Rest::historical_trades},
                                    {"/api/v3/aggTrades", 4, &Rest::aggregate_trades},
                                    {"/api/v3/time", 1, &Rest::time}};

RestReply Rest::answer(const RestRequest& request, const Now& now) {
  const std::string_view path = std::string_view(request.target).substr(0, request.target.find('?'));
  const auto route = std::find_if(std::begin(routes), std::end(routes), [&](const Route& r) { return r.path == path; });
  RestReply reply;
  if (route == std::end(routes)) {
    reply.status = 404;
    reply.content_type = "text/plain";
    reply.body = "there are /api/v3/historicalTrades, aggTrades and time\n";
  } else {
    reply = answer_route(*route, request, now);
  }
  truth_.rest_answered(reply.status, reply.rows);
  return reply;
}

RestReply Rest::answer_route(const Route& route, const RestRequest& request, const Now& now) {
  const std::size_t mark = std::min(request.target.find('?'), request.target.size());
  const std::size_t query = std::min(mark + 1, request.target.size());
  Call call{RestQuery(std::string_view(request.target).substr(query)), false, now, {}};
  RestReply& reply = call.reply;
  const Weights::Verdict verdict = weights_.spend(request.address, route.weight, now.steady);
  reply.used_weight = verdict.used;
  if (verdict.status != 200) {
    reply.status = verdict.status;
    reply.retry_after = verdict.retry_after;
    const auto until = now.wall_ms + std::chrono::duration_cast<std::chrono::milliseconds>(verdict.retry_after).count();
    reply.body = rest_error_body(
        -1003, verdict.status == 418
                   ? fmt::format("Way too much request weight used; IP banned until {}. Please use WebSocket Streams "
                                 "for live updates to avoid bans.",
                                 until)
                   : fmt::format("Too much request weight used; current limit is {} request weight per 1 MINUTE. {}",
                                 weights_.rules().limit, minute_limit_text));
    return reply;
  }
  if (request.method != "GET") {
    reply.status = 405;
    reply.body = rest_error_body(-1020, "This operation is not supported.");
    return reply;
  }
  const std::optional<bool> microseconds = wants_microseconds(request.time_unit);
  call.microseconds = microseconds.value_or(false);
  if (!microseconds) call.query.fail(-1194, "Invalid value for time unit; expected either MICROSECOND or MILLISECOND.");
  (this->*route.endpoint)(call);
  if (const auto& error = call.query.error()) {
    reply.status = 400;
    reply.rows = 0;
    reply.body = rest_error_body(error->code, error->message);
  }
  return reply;
}

const HistoryRows* Rest::rows(Call& call, EventKind kind) {
  const std::string symbol = call.query.mandatory_symbol();
  call.query.end();
  if (call.query.error()) return nullptr;
  const HistoryRows* found = history_.rows(symbol, kind);
  if (found == nullptr) call.query.fail(-1121, "Invalid symbol.");
  return found;
}

void Rest::historical_trades(Call& call) {
  const std::int64_t limit = limit_of(call.query);
  const std::optional<std::int64_t> id = call.query.number("fromId");
  const HistoryRows* all = rows(call, EventKind::trade);
  if (all == nullptr) return;
  write_rows(id ? oldest_from(*all, from_id(*all, *id), limit) : newest_before(*all, all->end(), limit), append_trade,
             call.microseconds, call.reply);
}

void Rest::aggregate_trades(Call& call) {
  const std::int64_t limit = limit_of(call.query);
  const std::optional<std::int64_t> id = call.query.number("fromId");
  const std::optional<std::int64_t> start = call.query.number("startTime"), end = call.query.number("endTime");
  if (id && (start || end)) call.query.fail(-1128, "Combination of optional parameters invalid.");
  const HistoryRows* all = rows(call, EventKind::aggregate);
  if (all == nullptr) return;
  Picked picked{};
  if (id) {
    picked = oldest_from(*all, from_id(*all, *id), limit);
  } else {
    const auto before = [](std::int64_t us) { return [us](const HistoryRow& row) { return row.time_us < us; }; };
    // Both ends are included. A millisecond includes all of its microseconds.
    const std::int64_t behind = end ? in_us(*end) + (in_us(*end) == *end ? 1 : 1000) : 0;
    const auto last = end ? std::partition_point(all->begin(), all->end(), before(behind)) : all->end();
    if (start) {
      const auto first = std::partition_point(all->begin(), last, before(in_us(*start)));
      picked = {first, first + std::min<std::int64_t>(limit, last - first)};
    } else {
      picked = newest_before(*all, last, limit);
    }
  }
  write_rows(picked, append_aggregate, call.microseconds, call.reply);
}

void Rest::time(Call& call) {
  call.query.end();
  call.reply.body =
      fmt::format(R"({{"serverTime":{}}})", call.microseconds ? call.now.wall_ms * 1000 : call.now.wall_ms);
}

std::string render_reply(const RestReply& reply, bool keep_alive) {
  std::string head = fmt::format("HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: {}\r\n",
                                 reply.status, status_reason(reply.status), reply.content_type, reply.body.size(),
                                 keep_alive ? "keep-alive" : "close");
  if (reply.used_weight)
    head += fmt::format("X-MBX-USED-WEIGHT: {0}\r\nX-MBX-USED-WEIGHT-1M: {0}\r\n", *reply.used_weight);
  if (reply.retry_after) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(*reply.retry_after).count();
    head += fmt::format("Retry-After: {}\r\n", std::max<std::int64_t>(seconds, 1));
  }
  return head + "\r\n" + reply.body;
}

std::string rest_error_body(int code, std::string_view message) {
  return fmt::format(R"({{"code":{},"msg":"{}"}})", code, message);
}

}  // namespace sluice::sim
