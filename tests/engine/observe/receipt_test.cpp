// SPDX-License-Identifier: Apache-2.0
#include "observe/receipt.hpp"

#include "catch.hpp"
#include "sample_report.hpp"

using namespace sluice;
using namespace sluice::engine;
using records::Verdict;
using sluice::testing::sample_report;

TEST_CASE("the receipt of a run in which all was settled") {
  CHECK(receipt_text(sample_report()) ==
        R"(receipt of graph binance
  source exchange: received 1,234,567 = delivered 1,234,500 + dead-lettered 7 + discarded 60
    from emission to its last verdict: p50 850 us, p99 12.3 ms

  node                            in           out     delivered   rejected  discarded   failed     held
  exchange                 1,234,567     1,234,567             0          0          0        0        0
  route                    1,234,567     1,234,517             0          0         50        0        0
    discarded as otherwise: 50
  trades                   1,234,507             0     1,234,500          7          0        0        0
  edge route -> trades: in 1,234,517 = out 1,234,507 + discarded 10 + waiting 0
  edge dead letter of route -> trades: in 7 = out 7 + discarded 0 + waiting 0
  balanced: every record has its verdict
)");
}

TEST_CASE("what is unsettled may be lost or will be replayed, as its source can") {
  Report report = sample_report();
  report.nodes[0].account.settled[0] -= 100;
  report.nodes[0].account.unsettled = 100;
  report.nodes[2].settled[0] -= 100;
  report.nodes[2].held = 100;
  Receipt receipt = judge(report);
  CHECK(receipt.is_balanced);
  CHECK(receipt.may_be_lost == 100);
  CHECK(receipt.will_be_replayed == 0);
  std::string text = receipt_text(report);
  CHECK(text.find("+ unsettled, may be lost 100") != std::string::npos);
  CHECK(text.find("100 records may be lost") != std::string::npos);
  CHECK(text.find("balanced: every record") == std::string::npos);

  report.nodes[0].replay = sluice::Replay::from_commit;
  report.nodes[0].partitions = {{"t/0", 900, 850}};
  receipt = judge(report);
  CHECK(receipt.may_be_lost == 0);
  CHECK(receipt.will_be_replayed == 100);
  text = receipt_text(report);
  CHECK(text.find("+ unsettled, will be replayed 100") != std::string::npos);
  CHECK(text.find("partition t/0: settled up to 900, committed 850") != std::string::npos);
}

TEST_CASE("failed records count as unsafe too") {
  Report report = sample_report();
  report.nodes[0].account.settled[static_cast<size_t>(Verdict::delivered)] -= 3;
  report.nodes[0].account.settled[static_cast<size_t>(Verdict::failed)] += 3;
  CHECK(judge(report).is_balanced);
  CHECK(judge(report).may_be_lost == 3);
}

TEST_CASE("an edge that takes over has a line of its own, and what it holds may be lost whatever the source can do") {
  Report report = sample_report();
  report.nodes[0].replay = sluice::Replay::from_commit;
  report.edges[1].takes_over = true;
  report.edges[1].account.received = 50;
  report.edges[1].account.settled = {40, 0, 0, 0, 0};
  report.edges[1].account.unsettled = 10;
  CHECK(judge(report).may_be_lost == 10);
  CHECK(receipt_text(report).find(
            "edge route -> trades took over: accepted 50 = delivered 40 + unsettled, may be lost 10") !=
        std::string::npos);
}

TEST_CASE("what was too large or parked stands in its edge's line") {
  Report report = sample_report();
  report.edges[1].out -= 6;
  report.edges[1].rejected = 2;
  report.edges[1].parked = 4;
  CHECK(judge(report).is_balanced);
  CHECK(receipt_text(report).find("out 1,234,501 + discarded 10 + waiting 4 + too large 2") != std::string::npos);
}

TEST_CASE("a sum that is not equal is told, on either side, and for nodes, sources and edges") {
  const auto imbalance = [](auto change) {
    Report report = sample_report();
    change(report);
    const Receipt receipt = judge(report);
    CHECK_FALSE(receipt.is_balanced);
    CHECK(receipt_text(report).find("DOES NOT BALANCE: ") != std::string::npos);
    return receipt.imbalances.empty() ? std::string() : receipt.imbalances.front();
  };
  CHECK(imbalance([](Report& r) { r.edges[1].out -= 1; }) == "edge route -> trades: 1,234,517 is not 1,234,516");
  CHECK(imbalance([](Report& r) { r.edges[0].out += 1; }) == "edge exchange -> route: 1,234,567 is not 1,234,568");
  CHECK(imbalance([](Report& r) { r.nodes[1].out += 1; }) == "node route: 1,234,567 is not 1,234,568");
  // As the engine computes them, more out than in is a number below zero.
  CHECK(imbalance([](Report& r) {
          r.nodes[2].settled[0] += 5;
          r.nodes[2].held = 0 - uint64_t{5};
        }) == "node trades: 5 more left it than came");
  CHECK(imbalance([](Report& r) {
          r.nodes[0].account.settled[0] += 2;
          r.nodes[0].account.unsettled = 0 - uint64_t{2};
        }) == "source exchange: 2 more left it than came");
}

TEST_CASE("the receipt as JSON") {
  Report report;
  report.graph = "with \"quotes\"";
  NodeReport source;
  source.name = "s";
  source.type = "t";
  source.is_source = true;
  source.in = source.out = source.account.received = 3;
  source.account.settled = {2, 0, 0, 1, 0};
  source.metrics = {{"frames_total", 3}};
  report.nodes = {source};
  EdgeReport edge;
  edge.name = "s -> k";
  edge.is_buffered = true;
  edge.in = 3;
  edge.out = 2;
  edge.discarded = 1;
  report.edges = {edge};
  CHECK(
      receipt_json(report) ==
      R"({"graph":"with \"quotes\"","process":"","balanced":true,"may_be_lost":0,"will_be_replayed":0,"nodes":[)"
      R"({"name":"s","half":"","type":"t","in":3,"made":0,"out":3,"folded":0,"delivered":0,"accepted":0,"dead_lettered":0,)"
      R"("discarded":0,"failed":0,"held":0,"account":{"received":3,"made":0,"delivered":2,"accepted":0,)"
      R"("dead_lettered":0,"discarded":1,"failed":0,"unsettled":0,"settle_p50_ns":0,"settle_p99_ns":0,"over_budget":0},)"
      R"("metrics":{"frames_total":3}}],"edges":[{"name":"s -> k","in":3,"out":2,"discarded":1,"too_large":0,)"
      R"("waiting":0}],"relays":[]})"
      "\n");
}

TEST_CASE("a receipt tells where the time of a source's records went, and how many took too long") {
  Report report = sample_report();
  report.latency_budget_ns = 10'000'000;
  report.nodes[0].account.over_budget = 1'500;
  report.nodes[1].held_time = sluice::testing::taking(7, 1);
  report.edges[1].waiting_time = sluice::testing::taking(6, 1);
  report.edges[1].settling_time = sluice::testing::taking(5, 1);
  const std::string text = receipt_text(report);
  CHECK(text.find(
            "    longer than 10 ms: 1,500\n"
            "    on the way to trades: held by route p50 7 ns, p99 7 ns; waiting in route -> trades p50 6 ns, p99 6 ns;"
            " settling in trades p50 5 ns, p99 5 ns\n") != std::string::npos);
  const std::string json = receipt_json(report);
  CHECK(json.find(R"("held_p50_ns":7,"held_p99_ns":7)") != std::string::npos);
  CHECK(json.find(R"("waiting_p50_ns":6,"waiting_p99_ns":6,"settling_p50_ns":5,"settling_p99_ns":5)") !=
        std::string::npos);
}
