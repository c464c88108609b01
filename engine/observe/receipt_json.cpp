// SPDX-License-Identifier: Apache-2.0
#include "graph/json_writer.hpp"
#include "observe/receipt.hpp"

namespace sluice::engine {
namespace {

constexpr const char* verdict_keys[] = {"delivered", "accepted", "dead_lettered", "discarded", "failed"};

void add_settled(const std::array<uint64_t, records::verdict_count>& settled, JsonWriter& json) {
  for (size_t i = 0; i < settled.size(); ++i) json.member(verdict_keys[i], settled[i]);
}

void add_account(const AccountReport& account, JsonWriter& json) {
  json.key("account").begin_object().member("received", account.received).member("made", account.made);
  add_settled(account.settled, json);
  json.member("unsettled", account.without_verdict())
      .member("settle_p50_ns", account.p50_ns)
      .member("settle_p99_ns", account.p99_ns)
      .member("over_budget", account.over_budget)
      .end_object();
}

/// Nothing of what no record went through.
void add_quantiles(const std::string& what, const LatencyReport& latency, JsonWriter& json) {
  if (latency.count == 0) return;
  json.member(what + "_p50_ns", latency.quantile_ns(0.5)).member(what + "_p99_ns", latency.quantile_ns(0.99));
}

void add_node(const NodeReport& node, JsonWriter& json) {
  json.begin_object()
      .member("name", node.name)
      .member("half", node.half.empty() ? node.half : node.half.substr(1))
      .member("type", node.type)
      .member("in", node.in)
      .member("made", node.made)
      .member("out", node.out)
      .member("folded", node.folded);
  add_settled(node.settled, json);
  json.member("held", node.held + node.relinquished);
  if (node.is_source) add_account(node.account, json);
  add_quantiles("held", node.held_time, json);
  json.key("metrics").begin_object();
  for (const auto& [name, number] : node.metrics) json.member(name, number);
  json.end_object().end_object();
}

void add_edge(const EdgeReport& edge, JsonWriter& json) {
  json.begin_object()
      .member("name", edge.name)
      .member("in", edge.in)
      .member("out", edge.out)
      .member("discarded", edge.discarded)
      .member("too_large", edge.rejected)
      .member("waiting", edge.waiting + edge.parked);
  if (edge.takes_over) add_account(edge.account, json);
  add_quantiles("waiting", edge.waiting_time, json);
  add_quantiles("settling", edge.settling_time, json);
  json.end_object();
}

void add_relay(const RelayReport& relay, JsonWriter& json) {
  json.begin_object()
      .member("name", relay.name)
      .member("accepted", relay.accepted)
      .member("read", relay.read)
      .member("left", relay.left())
      .end_object();
}

}  // namespace

std::string receipt_json(const Report& report) {
  const Receipt receipt = judge(report);
  JsonWriter json;
  json.begin_object()
      .member("graph", report.graph)
      .member("process", report.process)
      .member("balanced", receipt.is_balanced)
      .member("may_be_lost", receipt.may_be_lost)
      .member("will_be_replayed", receipt.will_be_replayed)
      .list("nodes", report.nodes, [&](const NodeReport& node) { add_node(node, json); })
      .list("edges", report.edges, [&](const EdgeReport& edge) { add_edge(edge, json); })
      .list("relays", report.relays, [&](const RelayReport& relay) { add_relay(relay, json); })
      .end_object();
  return json.take() + "\n";
}

}  // namespace sluice::engine
