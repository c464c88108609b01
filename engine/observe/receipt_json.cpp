// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "graph/diagnostic_render.hpp"
#include "observe/receipt.hpp"

namespace sluice::engine {
namespace {

constexpr const char* verdict_keys[] = {"delivered", "accepted", "dead_lettered", "discarded", "failed"};

std::string settled_members(const std::array<uint64_t, records::verdict_count>& settled) {
  std::string out;
  for (size_t i = 0; i < settled.size(); ++i) out += fmt::format(",\"{}\":{}", verdict_keys[i], settled[i]);
  return out;
}

std::string account_json(const AccountReport& account) {
  return fmt::format(
      "{{\"received\":{},\"made\":{}{},\"unsettled\":{},\"settle_p50_ns\":{},\"settle_p99_ns\":{},"
      "\"over_budget\":{}}}",
      account.received, account.made, settled_members(account.settled), account.without_verdict(), account.p50_ns,
      account.p99_ns, account.over_budget);
}

/// Nothing of what no record went through.
std::string quantiles_json(std::string_view what, const LatencyReport& latency) {
  if (latency.count == 0) return "";
  return fmt::format(",\"{0}_p50_ns\":{1},\"{0}_p99_ns\":{2}", what, latency.quantile_ns(0.5),
                     latency.quantile_ns(0.99));
}

std::string node_json(const NodeReport& node) {
  std::string out = fmt::format(
      "{{\"name\":{},\"half\":{},\"type\":{},\"in\":{},\"made\":{},\"out\":{},\"folded\":{}{},\"held\":{}",
      json_quoted(node.name), json_quoted(node.half.empty() ? node.half : node.half.substr(1)), json_quoted(node.type),
      node.in, node.made, node.out, node.folded, settled_members(node.settled), node.held + node.relinquished);
  if (node.is_source) out += ",\"account\":" + account_json(node.account);
  out += quantiles_json("held", node.held_time);
  out += ",\"metrics\":{";
  for (size_t i = 0; i < node.metrics.size(); ++i) {
    out += fmt::format("{}{}:{}", i == 0 ? "" : ",", json_quoted(node.metrics[i].first), node.metrics[i].second);
  }
  return out + "}}";
}

std::string edge_json(const EdgeReport& edge) {
  std::string out =
      fmt::format("{{\"name\":{},\"in\":{},\"out\":{},\"discarded\":{},\"too_large\":{},\"waiting\":{}",
                  json_quoted(edge.name), edge.in, edge.out, edge.discarded, edge.rejected, edge.waiting + edge.parked);
  if (edge.takes_over) out += ",\"account\":" + account_json(edge.account);
  return out + quantiles_json("waiting", edge.waiting_time) + quantiles_json("settling", edge.settling_time) + "}";
}

std::string relay_json(const RelayReport& relay) {
  return fmt::format("{{\"name\":{},\"accepted\":{},\"read\":{},\"left\":{}}}", json_quoted(relay.name), relay.accepted,
                     relay.read, relay.left());
}

template <typename T, typename F>
std::string list_json(const std::vector<T>& items, F&& each) {
  std::string out = "[";
  for (const T& item : items) {
    if (out.size() > 1) out += ',';
    out += each(item);
  }
  return out + "]";
}

}  // namespace

std::string receipt_json(const Report& report) {
  const Receipt receipt = judge(report);
  return fmt::format(
      "{{\"graph\":{},\"process\":{},\"balanced\":{},\"may_be_lost\":{},\"will_be_replayed\":{},\"nodes\":{},\"edges\":"
      "{},\"relays\":{}}}\n",
      json_quoted(report.graph), json_quoted(report.process), receipt.is_balanced, receipt.may_be_lost,
      receipt.will_be_replayed, list_json(report.nodes, node_json), list_json(report.edges, edge_json),
      list_json(report.relays, relay_json));
}

}  // namespace sluice::engine
