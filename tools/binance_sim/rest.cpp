// SPDX-License-Identifier: Apache-2.0
#include "rest.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "exchange_info.hpp"
#include "handshake.hpp"
#include "rest_rows.hpp"

namespace sluice::sim {
namespace {

constexpr std::int64_t most_rows = 1000, usual_rows = 500;
constexpr std::size_t chunk_bytes = 1000;

using Rows = Rest::Rows;

std::string banned_body(std::int64_t until_ms) {
  return rest_error_body(-1003, fmt::format("Way too much request weight used; IP banned until {}. Please use "
                                            "WebSocket Streams for live updates to avoid bans.",
                                            until_ms));
}

std::string too_much_body(std::uint64_t limit) {
  return rest_error_body(-1003, fmt::format("Too much request weight used; current limit is {} request weight per 1 "
                                            "MINUTE. Please use WebSocket Streams for live updates to avoid polling "
                                            "the API.",
                                            limit));
}

RestReply unknown_path() {
  RestReply reply;
  reply.status = 404;
  reply.content_type = "text/plain";
  reply.body = "there are /api/v3/historicalTrades, aggTrades, time and exchangeInfo\n";
  return reply;
}

std::int64_t in_us(std::int64_t time) { return time >= 100'000'000'000'000 ? time : time * 1000; }

// A limit above the most is the most, as there.
std::int64_t limit_of(RestQuery& query) {
  const std::int64_t limit = query.number("limit").value_or(usual_rows);
  if (limit == 0) query.fail(-1130, "Data sent for parameter 'limit' is not valid.");
  return std::min(limit, most_rows);
}

Rows from_id(const Rows& rows, std::int64_t id, std::int64_t limit, std::int64_t shift) {
  auto first = std::lower_bound(rows.first, rows.last, id,
                                [](const HistoryRow& row, std::int64_t wanted) { return row.id < wanted; });
  first += std::clamp<std::int64_t>(shift, rows.first - first, rows.last - first);
  return {first, first + std::min<std::int64_t>(limit, rows.last - first)};
}

Rows newest(const Rows& rows, std::int64_t limit) {
  return {rows.last - std::min<std::int64_t>(limit, rows.last - rows.first), rows.last};
}

// Both ends are included. A millisecond includes all of its microseconds.
Rows within(const Rows& rows, std::optional<std::int64_t> start, std::optional<std::int64_t> end, std::int64_t limit) {
  const auto before = [](std::int64_t us) { return [us](const HistoryRow& row) { return row.time_us < us; }; };
  Rows found = rows;
  if (end) {
    const std::int64_t behind = in_us(*end) + (in_us(*end) == *end ? 1 : 1000);
    found.last = std::partition_point(rows.first, rows.last, before(behind));
  }
  if (!start) return newest(found, limit);
  found.first = std::partition_point(rows.first, found.last, before(in_us(*start)));
  found.last = found.first + std::min<std::int64_t>(limit, found.last - found.first);
  return found;
}

template <typename Append>
void write_rows(const Rows& picked, Append append, bool microseconds, RestReply& reply) {
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

std::string in_chunks(std::string_view body) {
  std::string pieces;
  for (; !body.empty(); body.remove_prefix(std::min(chunk_bytes, body.size())))
    pieces += fmt::format("{:x}\r\n{}\r\n", std::min(chunk_bytes, body.size()), body.substr(0, chunk_bytes));
  return pieces + "0\r\n\r\n";
}

}  // namespace

const Rest::Route Rest::routes[] = {{"/api/v3/historicalTrades", 25, &Rest::historical_trades},
                                    {"/api/v3/aggTrades", 4, &Rest::aggregate_trades},
                                    {"/api/v3/time", 1, &Rest::time},
                                    {"/api/v3/exchangeInfo", 20, &Rest::info}};

RestReply Rest::answer(const RestRequest& request, const Now& now) {
  ++requests_;
  RestReply reply;
  if (!refused_by_fault(now, reply)) {
    const std::string_view path = std::string_view(request.target).substr(0, request.target.find('?'));
    const auto route =
        std::find_if(std::begin(routes), std::end(routes), [&](const Route& r) { return r.path == path; });
    reply = route == std::end(routes) ? unknown_path() : answer_route(*route, request, now);
    const RestFault* garbage = faults_.at(requests_, RestFaultKind::garbage);
    if (garbage != nullptr && reply.status == 200) reply.body = garbage_body(garbage->garbage, reply.body);
  }
  if (const RestFault* fault = faults_.at(requests_, RestFaultKind::delay)) reply.delay = in_seconds(fault->seconds);
  if (const RestFault* fault = faults_.at(requests_, RestFaultKind::cut))
    reply.cut_after = fault->bytes.value_or(reply.body.size() / 2);
  reply.chunked = chunked_;
  truth_.rest_answered(reply.status, reply.rows);
  return reply;
}

void Rest::strike(RestFault fault, const Now& now) {
  if (fault.kind == RestFaultKind::refuse) return begin_refusal(fault, now);
  fault.request = requests_ + 1;
  faults_.add(fault);
}

void Rest::begin_refusal(const RestFault& fault, const Now& now) {
  refusing_ = fault.status;
  refusing_until_ = now.steady + in_seconds(fault.seconds);
}

bool Rest::refused_by_fault(const Now& now, RestReply& reply) {
  if (const RestFault* fault = faults_.at(requests_, RestFaultKind::refuse)) {
    begin_refusal(*fault, now);
  } else if (now.steady >= refusing_until_) {
    return false;
  }
  const Time::duration left = refusing_until_ - now.steady;
  const std::int64_t until = now.wall_ms + std::chrono::duration_cast<std::chrono::milliseconds>(left).count();
  reply.status = refusing_;
  reply.body = refusing_ == 418   ? banned_body(until)
               : refusing_ == 429 ? too_much_body(weights_.rules().limit)
               : refusing_ == 403 ? "<html><body>403 Forbidden</body></html>"
               : refusing_ == 451
                   ? rest_error_body(0, "Service unavailable from a restricted location.")
                   : rest_error_body(-1001, "Internal error; unable to process your request. Please try again.");
  if (refusing_ == 403) reply.content_type = "text/html";
  if (refusing_ == 418 || refusing_ == 429) reply.retry_after = left;
  return true;
}

RestReply Rest::answer_route(const Route& route, const RestRequest& request, const Now& now) {
  const std::size_t mark = std::min(request.target.find('?'), request.target.size());
  const std::size_t query = std::min(mark + 1, request.target.size());
  Call call{RestQuery(std::string_view(request.target).substr(query)), false, now, {}};
  if (const RestFault* fault = faults_.at(requests_, RestFaultKind::shift)) call.shift = fault->rows;
  RestReply& reply = call.reply;
  const Weights::Verdict verdict = weights_.spend(request.address, route.weight, now.steady);
  reply.used_weight = verdict.used;
  if (verdict.status != 200) {
    reply.status = verdict.status;
    reply.retry_after = verdict.retry_after;
    const auto until = now.wall_ms + std::chrono::duration_cast<std::chrono::milliseconds>(verdict.retry_after).count();
    reply.body = verdict.status == 418 ? banned_body(until) : too_much_body(weights_.rules().limit);
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

std::optional<Rest::Rows> Rest::rows(Call& call, EventKind kind) {
  const std::string symbol = call.query.mandatory_symbol();
  call.query.end();
  if (call.query.error()) return std::nullopt;
  const HistoryRows* all = history_.rows(symbol, kind);
  if (all == nullptr) {
    call.query.fail(-1121, "Invalid symbol.");
    return std::nullopt;
  }
  if (behind_ == Time::duration::zero()) return Rows{all->begin(), all->end()};
  return Rows{all->begin(), std::partition_point(all->begin(), all->end(), [&](const HistoryRow& row) {
                return row.issued + behind_ <= call.now.steady;
              })};
}

void Rest::historical_trades(Call& call) {
  const std::int64_t limit = limit_of(call.query);
  const std::optional<std::int64_t> id = call.query.number("fromId");
  const std::optional<Rows> all = rows(call, EventKind::trade);
  if (!all) return;
  write_rows(id ? from_id(*all, *id, limit, call.shift) : newest(*all, limit), append_trade, call.microseconds,
             call.reply);
}

void Rest::aggregate_trades(Call& call) {
  const std::int64_t limit = limit_of(call.query);
  const std::optional<std::int64_t> id = call.query.number("fromId");
  const std::optional<std::int64_t> start = call.query.number("startTime"), end = call.query.number("endTime");
  if (id && (start || end)) call.query.fail(-1128, "Combination of optional parameters invalid.");
  const std::optional<Rows> all = rows(call, EventKind::aggregate);
  if (!all) return;
  write_rows(id ? from_id(*all, *id, limit, call.shift) : within(*all, start, end, limit), append_aggregate,
             call.microseconds, call.reply);
}

void Rest::time(Call& call) {
  call.query.end();
  call.reply.body = fmt::format(R"({{"serverTime":{}}})", call.server_time());
}

void Rest::info(Call& call) {
  const std::vector<std::string> symbols = symbols_of(call.query, history_.streams());
  call.reply.body = exchange_info(symbols, history_.streams(), weights_.rules(), call.server_time());
}

std::string render_reply(const RestReply& reply, bool keep_alive) {
  std::string head = fmt::format("HTTP/1.1 {} {}\r\nContent-Type: {}\r\nConnection: {}\r\n", reply.status,
                                 status_reason(reply.status), reply.content_type, keep_alive ? "keep-alive" : "close");
  head += reply.chunked ? "Transfer-Encoding: chunked\r\n" : fmt::format("Content-Length: {}\r\n", reply.body.size());
  if (reply.used_weight)
    head += fmt::format("X-MBX-USED-WEIGHT: {0}\r\nX-MBX-USED-WEIGHT-1M: {0}\r\n", *reply.used_weight);
  if (reply.retry_after) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(*reply.retry_after).count();
    head += fmt::format("Retry-After: {}\r\n", std::max<std::int64_t>(seconds, 1));
  }
  const std::string body = reply.chunked ? in_chunks(reply.body) : reply.body;
  return head + "\r\n" + body.substr(0, reply.cut_after.value_or(body.size()));
}

std::string rest_error_body(int code, std::string_view message) {
  return fmt::format(R"({{"code":{},"msg":"{}"}})", code, message);
}

}  // namespace sluice::sim
