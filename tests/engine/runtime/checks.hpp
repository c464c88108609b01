// SPDX-License-Identifier: Apache-2.0
// What most tests of the runtime do with a graph: run it to its end, find a node or an edge in its report, and require
// that every account balances.
#pragma once
#include <string_view>
#include <thread>

#include "catch.hpp"
#include "observe/receipt.hpp"
#include "runtime/graph_runtime.hpp"

namespace sluice::testing {

inline const engine::NodeReport& node_in(const engine::Report& report, std::string_view name) {
  for (const auto& node : report.nodes) {
    if (node.name == name) return node;
  }
  FAIL("no node " << name);
  return report.nodes.front();
}

inline const engine::EdgeReport& edge_in(const engine::Report& report, std::string_view name) {
  for (const auto& edge : report.edges) {
    if (edge.name == name) return edge;
  }
  FAIL("no edge " << name);
  return report.edges.front();
}

inline uint64_t settled_as(const engine::NodeReport& node, records::Verdict verdict) {
  return node.settled[static_cast<size_t>(verdict)];
}

inline void begin(engine::GraphRuntime& runtime) {
  const auto failed = runtime.open();
  if (failed) FAIL(failed->node << ": " << failed->error.message);
  runtime.start();
}

inline void require_balance(const engine::Report& report) {
  const engine::Receipt receipt = engine::judge(report);
  for (const std::string& imbalance : receipt.imbalances) UNSCOPED_INFO(imbalance);
  REQUIRE(receipt.is_balanced);
}

inline void require_no_failure(const engine::GraphRuntime& runtime) {
  const auto failure = runtime.failure();
  if (failure) FAIL(failure->node << ": " << failure->error.message);
}

/// Lets a stage begin so many turns after this call; `wake` wakes it, as an idle one turns once a second.
template <typename F>
void let_turn(const engine::GraphRuntime& runtime, size_t stage, uint64_t turns, F&& wake) {
  const auto seen = [&] { return runtime.report().stages.at(stage).turns; };
  for (const uint64_t begun = seen(); seen() < begun + turns; std::this_thread::yield()) wake();
}

/// Every record that went out of a buffered edge has waited in it, and every verdict of a sink was timed once.
inline void require_all_timed(const engine::Report& report) {
  for (size_t i = 0; i < report.nodes.size(); ++i) {
    if (!report.nodes[i].is_sink) continue;
    uint64_t settled = 0;
    for (const uint64_t count : report.nodes[i].settled) settled += count;
    for (const auto& edge : report.edges) settled -= edge.to_node == i ? edge.settling_time.count : 0;
    INFO("node " << report.nodes[i].name);
    REQUIRE(settled == 0);
  }
  for (const auto& edge : report.edges) {
    INFO("edge " << edge.name);
    REQUIRE(edge.waiting_time.count == (edge.is_buffered ? edge.out : 0));
  }
}

/// Runs a graph that ends by itself and must not fail.
inline engine::Report run_to_end(engine::GraphRuntime& runtime) {
  begin(runtime);
  runtime.wait();
  require_no_failure(runtime);
  engine::Report report = runtime.report();
  require_balance(report);
  require_all_timed(report);
  return report;
}

}  // namespace sluice::testing
