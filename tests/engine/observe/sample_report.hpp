// SPDX-License-Identifier: Apache-2.0
// A report as a run of exchange -> route -> trades with a dead letter and a dropping edge might leave it. It balances;
// tests change what they are about.
#pragma once
#include "graph/routes.hpp"
#include "runtime/report.hpp"

namespace sluice::testing {

/// What some records took.
inline engine::LatencyReport taking(int64_t nanoseconds, uint64_t records) {
  engine::Latency latency;
  latency.add(nanoseconds, records);
  return latency.report();
}

/// Once its nodes and edges are complete.
inline void find_routes(engine::Report& report) {
  engine::Topology::Shape shape;
  for (const engine::NodeReport& node : report.nodes) shape.nodes.push_back({node.is_source, node.is_sink});
  for (const engine::EdgeReport& edge : report.edges) {
    if (!edge.is_dead_letter) shape.edges.push_back({edge.from_node, edge.to_node});
  }
  report.routes = std::make_shared<const engine::Routes>(engine::Topology(std::move(shape)));
}

inline engine::Report sample_report() {
  using engine::EdgeReport;
  using engine::NodeReport;
  engine::Report report;
  report.graph = "binance";
  NodeReport exchange;
  exchange.name = "exchange";
  exchange.is_source = true;
  exchange.status = SLUICE_STATUS_READY;
  exchange.in = exchange.out = 1'234'567;
  exchange.account.received = 1'234'567;
  exchange.account.settled = {1'234'500, 0, 7, 60, 0};
  exchange.account.p50_ns = 850'000;
  exchange.account.p99_ns = 12'345'678;
  NodeReport route;
  route.name = "route";
  route.in = 1'234'567;
  route.out = 1'234'517;
  route.settled = {0, 0, 0, 50, 0};
  route.discards = {{"otherwise", 50}};
  route.status = SLUICE_STATUS_READY;
  NodeReport trades;
  trades.name = "trades";
  trades.is_sink = true;
  trades.in = 1'234'507;
  trades.settled = {1'234'500, 0, 7, 0, 0};
  trades.status = SLUICE_STATUS_READY;
  report.nodes = {exchange, route, trades};
  EdgeReport direct;
  direct.name = "exchange -> route";
  direct.to_node = 1;
  direct.in = direct.out = 1'234'567;
  EdgeReport buffered;
  buffered.name = "route -> trades";
  buffered.from_node = 1;
  buffered.to_node = 2;
  buffered.is_buffered = true;
  buffered.in = 1'234'517;
  buffered.out = 1'234'507;
  buffered.discarded = 10;
  EdgeReport dead;
  dead.name = "dead letter of route -> trades";
  dead.from_node = dead.to_node = 2;
  dead.is_buffered = dead.is_dead_letter = true;
  dead.in = dead.out = 7;
  report.edges = {direct, buffered, dead};
  find_routes(report);
  return report;
}

}  // namespace sluice::testing
