// SPDX-License-Identifier: Apache-2.0
#include "observe/live_line.hpp"

#include "catch.hpp"
#include "sample_report.hpp"

using namespace sluice;
using namespace sluice::engine;
using sluice::testing::find_routes;
using sluice::testing::sample_report;
using sluice::testing::taking;

TEST_CASE("a live line tells rates, what is safe, what waits, what was dropped, and who is not well") {
  Report before = sample_report();
  before.nodes[0].in -= 5'001;
  before.nodes[2].settled[0] -= 5'000;
  Report now = sample_report();
  now.edges[1].waiting = 1'500;
  now.nodes[0].account.unsettled = 1'500;
  now.nodes[0].account.oldest_unsettled_ns = 20'000'000;
  now.nodes[2].status = SLUICE_STATUS_CONNECTING;
  now.nodes[2].status_sentence = "the server is away";
  CHECK(live_line(before, now, 2.0, 61.9, 0) ==
        "01:01  ! trades: the server is away  exchange 2,501/s  trades 1,234,500 (+2,500/s)"
        "  | route -> trades: 1,500 waiting, 10 dropped  | exchange unsettled 1,500, oldest 20 ms");
}

TEST_CASE("a live line tells how long records took of late, where most of it went, and what took too long") {
  Report before = sample_report();
  before.edges[1].discarded = 0;
  Report now = before;
  now.latency_budget_ns = 1'500'000'000;
  now.nodes[0].account.latency = taking(2'000'000'000, 8);
  now.nodes[0].account.over_budget = 2;
  now.nodes[1].held_time = taking(1'900'000'000, 8);
  now.edges[1].settling_time = taking(40'000'000, 8);
  CHECK(live_line(before, now, 1.0, 5.0, 0) ==
        "00:05  ! exchange: 25 % took longer than 1.5 s  exchange 0/s  trades 1,234,500 (+0/s)"
        "  | exchange took 2.0 s, p99 2.0 s, most held by route (2.0 s)");
}

TEST_CASE("the live line of a standby says who has the lock, and nothing of sources that have not begun") {
  Report report = sample_report();
  report.edges.clear();
  find_routes(report);
  report.standby = StandbyReport{"trades", "host-a has the lock", 0};
  report.nodes[0].status = SLUICE_STATUS_CONNECTING;
  CHECK(live_line(report, report, 1.0, 5.0, 0) ==
        "00:05  standby: host-a has the lock  exchange 0/s  trades 1,234,500 (+0/s)");
}

TEST_CASE("a quiet graph has a short line, and no time between reports is no rate") {
  Report report = sample_report();
  report.edges[1].discarded = 0;
  CHECK(live_line(report, report, 1.0, 5.0, 0) == "00:05  exchange 0/s  trades 1,234,500 (+0/s)");
  Report before;
  before.nodes = report.nodes;
  CHECK(live_line(before, report, 0.0, 0.0, 0) == "00:00  exchange 0/s  trades 1,234,500 (+0/s)");
}

TEST_CASE("a line is cut to the terminal's width, never within a character") {
  Report report = sample_report();
  report.edges.clear();
  find_routes(report);
  report.nodes[0].name = "b\xC3\xB6rse";
  CHECK(live_line(report, report, 1.0, 5.0, 11) == "00:05  b\xC3\xB6r\u2026");
  CHECK(live_line(report, report, 1.0, 5.0, 9) == "00:05  b\u2026");
}

TEST_CASE("on a narrow terminal what is wrong and the ends of the graph show, and not the halves of relays") {
  Report report = sample_report();
  report.edges.clear();
  report.nodes[1].is_source = report.nodes[1].is_sink = true;
  find_routes(report);
  report.nodes[1].half = ".out";
  CHECK(live_line(report, report, 1.0, 5.0, 50) == "00:05  exchange 0/s  trades 1,234,500 (+0/s)  rou\u2026");
  report.nodes[2].status = SLUICE_STATUS_BLOCKED;
  report.nodes[2].status_sentence = std::string(200, 'x');
  CHECK(live_line(report, report, 1.0, 5.0, 50) == "00:05  ! trades: xxxxxxxxxxxxxxxxx\u2026  exchange 0/s\u2026");
}
