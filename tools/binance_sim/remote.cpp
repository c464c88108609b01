// SPDX-License-Identifier: Apache-2.0
#include "remote.hpp"

#include <fmt/format.h>

#include "read_number.hpp"
#include "target.hpp"

namespace sluice::sim {
namespace {

RestReply sentence(unsigned status, const std::string& text) {
  RestReply reply;
  reply.status = status;
  reply.content_type = "text/plain";
  reply.body = text + "\n";
  return reply;
}

constexpr std::pair<std::string_view, FaultKind> connection_faults[] = {
    {"close", FaultKind::close},           {"cut", FaultKind::cut},
    {"truncate-tls", FaultKind::truncate}, {"stall", FaultKind::stall},
    {"malformed", FaultKind::malformed},   {"shutdown", FaultKind::shutdown},
    {"silence", FaultKind::silence}};
constexpr std::pair<std::string_view, StreamFaultKind> stream_faults[] = {{"drop", StreamFaultKind::drop},
                                                                          {"repeat", StreamFaultKind::repeat},
                                                                          {"swap", StreamFaultKind::swap},
                                                                          {"wild", StreamFaultKind::wild}};
constexpr std::pair<std::string_view, RestFaultKind> rest_faults[] = {{"rest-refuse", RestFaultKind::refuse},
                                                                      {"rest-delay", RestFaultKind::delay},
                                                                      {"rest-cut", RestFaultKind::cut},
                                                                      {"rest-garbage", RestFaultKind::garbage},
                                                                      {"rest-shift", RestFaultKind::shift}};
constexpr std::pair<std::string_view, SymbolStatus> listings[] = {
    {"list", SymbolStatus::trading}, {"halt", SymbolStatus::halted}, {"delist", SymbolStatus::gone}};
constexpr std::string_view all_names =
    "close, cut, truncate-tls, stall, malformed, shutdown, silence, outage, quiet, drop, repeat, swap, wild, "
    "rest-refuse, rest-delay, rest-cut, rest-garbage, rest-shift, rest-missing, list, halt and delist";

template <typename Kind, std::size_t N>
std::optional<Kind> find_kind(const std::pair<std::string_view, Kind> (&table)[N], std::string_view name) {
  for (const auto& [known, kind] : table)
    if (known == name) return kind;
  return std::nullopt;
}

// Where options have N, `1` goes: the next one.
std::string with_moment(const std::string& argument) { return argument.empty() ? "1" : "1:" + argument; }

}  // namespace

RestReply Remote::answer(const RestRequest& request, const Now& now) {
  std::string_view query = request.target;
  query.remove_prefix(std::min(query.find('?'), query.size()));
  if (request.method == "GET" && query.empty()) return state();
  if (request.method != "POST" || query.size() < 2) return sentence(405, "POST /sim?NAME=VALUE, or GET /sim");
  std::vector<Act> acts;
  for (query.remove_prefix(1); !query.empty();) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const auto name = percent_decode(pair.substr(0, equals));
    const auto value = percent_decode(pair.substr(std::min(equals + 1, pair.size())));
    if (!name || !value) return sentence(400, "a percent escape is cut off or is not hexadecimal");
    Outcome<Act> act = act_of(*name, *value, now);
    if (!act) return sentence(400, act.failure().message);
    acts.push_back(std::move(*act));
  }
  for (const Act& act : acts) act();
  return state();
}

Outcome<Remote::Act> Remote::act_of(const std::string& name, const std::string& value, const Now& now) {
  if (const auto kind = find_kind(connection_faults, name)) return connection_fault(*kind, name, value);
  if (const auto kind = find_kind(stream_faults, name)) {
    IdRange range;
    const bool ids = static_cast<bool>(parse_id_range(name, value));
    const std::size_t colon = std::min(value.find(':'), value.size());
    const std::string text = ids ? value : value.substr(0, colon) + ":1" + value.substr(colon);
    Outcome<StreamFault> fault = parse_stream_fault(*kind, name, text);
    if (!fault)
      return Failure{400, fmt::format("{}={}: expected STREAM:FIRST-LAST (ids) or STREAM[:count], STREAM being a type "
                                      "(trade, aggTrade, bookTicker) or a name such as btcusdt@trade",
                                      name, value)};
    return Act([this, fault = *fault] { exchange_.faults().strike(fault); });
  }
  if (const auto kind = find_kind(rest_faults, name)) {
    Outcome<RestFault> fault = parse_rest_fault(*kind, name, with_moment(value));
    if (!fault) return Failure{400, fault.failure().message};
    return Act([this, fault = *fault, now] { rest_.strike(fault, now); });
  }
  if (name == "rest-missing") {
    Outcome<IdRange> range = parse_id_range(name, value);
    if (!range) return range.failure();
    return Act([this, range = *range] { history_.miss(range); });
  }
  if (name == "outage") return outage(value);
  if (name == "quiet") {
    double seconds = 0;
    if (!read_number(std::string_view(value), seconds) || seconds < 0)
      return Failure{400, fmt::format("quiet={}: expected a number of seconds", value)};
    return Act([this, seconds] { exchange_.quiet(in_seconds(seconds)); });
  }
  if (const auto status = find_kind(listings, name)) {
    if (const auto failure = listings_.refusal(value, *status)) return *failure;
    return Act([this, value, status = *status] { listings_.change(value, status); });
  }
  return Failure{400, fmt::format("there is no fault \"{}\"; there are {}", name, all_names)};
}

Outcome<Remote::Act> Remote::connection_fault(FaultKind kind, const std::string& name, const std::string& value) {
  const std::size_t slash = value.find('/');
  const std::size_t host = slash == std::string::npos ? 0 : slash + 1;
  Outcome<Fault> fault = parse_fault(kind, name, value.substr(0, host) + with_moment(value.substr(host)));
  if (!fault) return Failure{400, fault.failure().message + "; here without N"};
  if (fault->host > hosts_) return Failure{400, fmt::format("{}={}: there are {} hosts", name, value, hosts_)};
  return Act([this, fault = *fault] { actions_.connections(fault); });
}

Outcome<Remote::Act> Remote::outage(const std::string& value) {
  unsigned host = 0;
  double seconds = 0;
  const std::string_view text = value;
  const std::size_t slash = text.find('/');
  const bool named = slash != std::string_view::npos;
  const bool good = (!named || (read_number(text.substr(0, slash), host) && host > 0 && host <= hosts_)) &&
                    read_number(text.substr(named ? slash + 1 : 0), seconds) && seconds >= 0;
  if (!good) return Failure{400, fmt::format("outage={}: expected [HOST/]SECONDS; there are {} hosts", value, hosts_)};
  return Act([this, host, seconds] { actions_.outage(host, in_seconds(seconds)); });
}

RestReply Remote::state() const {
  RestReply reply;
  reply.body = fmt::format(R"({{"frames":{},"rest_requests":{},"connections":[{}]}})", exchange_.tape_end(),
                           rest_.requests(), actions_.list_connections());
  return reply;
}

}  // namespace sluice::sim
