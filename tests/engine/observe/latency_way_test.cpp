// SPDX-License-Identifier: Apache-2.0
#include "observe/latency_way.hpp"

#include "catch.hpp"
#include "sample_report.hpp"

using namespace sluice;
using namespace sluice::engine;
using sluice::testing::find_routes;
using sluice::testing::sample_report;
using sluice::testing::taking;

namespace {

std::string told(const std::vector<LatencyWay>& ways) {
  std::string text;
  for (const LatencyWay& way : ways) {
    text += way.source + " to " + way.sink + ":";
    for (const LatencyPart& part : way.parts) {
      text += (&part == &way.parts[way.largest] ? " *" : " ") + part_text(part);
    }
    text += "\n";
  }
  return text;
}

EdgeReport edge(size_t from, size_t to) {
  EdgeReport made;
  made.name = std::to_string(from) + " -> " + std::to_string(to);
  made.from_node = from;
  made.to_node = to;
  return made;
}

}  // namespace

TEST_CASE("a way names its parts in order, and which took the longest") {
  Report report = sample_report();
  report.nodes[1].held_time = taking(2'000'000'000, 10);
  report.edges[1].waiting_time = taking(1'000'000, 10);
  report.edges[1].settling_time = taking(30'000'000, 10);
  CHECK(told(latency_ways({}, report)) ==
        "exchange to trades: *held by route waiting in route -> trades settling in trades\n");
  const LatencyPart held = latency_ways({}, report)[0].parts[0];
  CHECK(held.p50_ns >= 2'000'000'000);
  CHECK(held.p99_ns == held.p50_ns);
}

TEST_CASE("a way is of what came between two reports") {
  Report before = sample_report();
  before.nodes[1].held_time = taking(2'000'000'000, 10);
  before.edges[1].waiting_time = taking(1'000'000, 10);
  Report now = before;
  CHECK(latency_ways(before, now).empty());
  Latency waiting;
  waiting.add(1'000'000, 10);
  waiting.add(7'000, 1);
  now.edges[1].waiting_time = waiting.report();
  const auto ways = latency_ways(before, now);
  REQUIRE(told(ways) == "exchange to trades: *waiting in route -> trades\n");
  CHECK(ways[0].parts[0].p99_ns < 8'000);
}

TEST_CASE("a way forks and joins, and other ways, other sinks and dead letters are none of its parts") {
  // 0 forks to 1 and 2, which join in 3, a sink; 2 also leads to 4, another one; 5 is where rejects go.
  Report report;
  for (int i = 0; i < 6; ++i) {
    NodeReport node;
    node.name = std::to_string(i);
    node.is_source = i == 0;
    node.is_sink = i >= 3;
    report.nodes.push_back(node);
  }
  report.edges = {edge(1, 3), edge(2, 3), edge(2, 4), edge(0, 1), edge(0, 2), edge(3, 5)};
  report.edges[5].is_dead_letter = true;
  find_routes(report);
  for (EdgeReport& each : report.edges) each.waiting_time = taking(100, 1);
  const auto ways = latency_ways({}, report);
  REQUIRE(ways.size() == 2);
  std::vector<std::string> names;
  for (const LatencyPart& part : ways[0].parts) names.push_back(part.name);
  CHECK(names == std::vector<std::string>{"0 -> 1", "0 -> 2", "2 -> 3", "1 -> 3"});
  CHECK(told({ways[1]}) == "0 to 4: *waiting in 0 -> 2 waiting in 2 -> 4\n");
}
