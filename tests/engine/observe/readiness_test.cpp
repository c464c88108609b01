// SPDX-License-Identifier: Apache-2.0
#include "observe/readiness.hpp"

#include "catch.hpp"
#include "sample_report.hpp"

using namespace sluice;
using namespace sluice::engine;
using sluice::testing::sample_report;

namespace {

constexpr int64_t second = 1'000'000'000;

std::vector<std::string> codes(const std::vector<Reason>& reasons) {
  std::vector<std::string> words;
  for (const Reason& reason : reasons) words.push_back(reason.code + (reason.node.empty() ? "" : " " + reason.node));
  return words;
}

using Words = std::vector<std::string>;

/// The source's stage has one buffered edge, which is full.
Report full_report() {
  Report report = sample_report();
  report.edges[1].stage = 0;
  report.edges[1].has_room = false;
  report.edges[1].waiting = report.edges[1].bound_records = 500;
  report.edges[2].stage = 9;
  return report;
}

}  // namespace

TEST_CASE("a run that flows is ready") {
  Readiness readiness;
  CHECK(readiness.update(sample_report(), RunPhase::running, "", 5 * second).empty());
  CHECK(readiness_json(sample_report(), {}, 0, 0) ==
        "{\"status\":\"ready\",\"graph\":\"binance\",\"process\":\"\",\"reasons\":[]}\n");
}

TEST_CASE("what a ready node says is a note, and no reason") {
  Readiness readiness;
  Report report = sample_report();
  report.nodes[0].status_sentence = "connected; 3 ids are missing";
  CHECK(readiness.update(report, RunPhase::running, "", 5 * second).empty());
  CHECK(readiness_json(report, {}, 0, 0) ==
        "{\"status\":\"ready\",\"graph\":\"binance\",\"process\":\"\",\"reasons\":[],\"notes\":[{\"node\":\"" +
            report.nodes[0].name + "\",\"sentence\":\"connected; 3 ids are missing\"}]}\n");
}

TEST_CASE("a standby that could take over is ready, and says who has the lock") {
  Readiness readiness;
  Report report = sample_report();
  report.standby = StandbyReport{"trades", "host-a has the lock", 5 * second};
  // Its source has not begun.
  report.nodes[0].status = SLUICE_STATUS_CONNECTING;
  CHECK(readiness.update(report, RunPhase::standby, "", 8 * second).empty());
  CHECK(
      readiness_json(report, {}, 8 * second, 1'700'000'008 * second) ==
      "{\"status\":\"standby\",\"graph\":\"binance\",\"process\":\"\",\"reasons\":[],\"standby\":{\"node\":\"trades\","
      "\"sentence\":\"host-a has the lock\",\"since\":\"2023-11-14T22:13:25Z\"}}\n");
  report.nodes[2].status = SLUICE_STATUS_CONNECTING;
  CHECK(codes(readiness.update(report, RunPhase::standby, "", 9 * second)) == Words{"not_connected trades"});
  CHECK(readiness_json(report, readiness.reasons(), 9 * second, 9 * second).find("\"status\":\"not_ready\"") !=
        std::string::npos);
}

TEST_CASE("before nodes are open, when it stops and when it failed a process is not ready") {
  Readiness readiness;
  const Report report = sample_report();
  CHECK(codes(readiness.update(report, RunPhase::starting, "", second)) == Words{"starting"});
  CHECK(codes(readiness.update(report, RunPhase::running, "", 2 * second)).empty());
  CHECK(codes(readiness.update(report, RunPhase::stopping, "", 3 * second)) == Words{"stopping"});
  const auto& failed = readiness.update(report, RunPhase::failed, "node trades: gone", 4 * second);
  REQUIRE(codes(failed) == Words{"failed"});
  CHECK(failed[0].sentence == "node trades: gone");
}

TEST_CASE("a node without its server is named with its sentence, and since when it is so") {
  Readiness readiness;
  Report report = sample_report();
  report.nodes[2].status = SLUICE_STATUS_CONNECTING;
  report.nodes[2].status_sentence = "the server is away";
  readiness.update(report, RunPhase::running, "", 10 * second);
  report.nodes[2].status_sentence = "the server is still away";
  const auto reasons = readiness.update(report, RunPhase::running, "", 25 * second);
  REQUIRE(codes(reasons) == Words{"not_connected trades"});
  CHECK(reasons[0].sentence == "the server is still away");
  CHECK(reasons[0].since_ns == 10 * second);
  CHECK(readiness_json(report, reasons, 25 * second, 1'700'000'025 * second) ==
        "{\"status\":\"not_ready\",\"graph\":\"binance\",\"process\":\"\",\"reasons\":[{\"code\":\"not_connected\","
        "\"node\":\"trades\",\"sentence\":\"the server is still away\",\"since\":\"2023-11-14T22:13:30Z\"}]}\n");

  report.nodes[2].status = SLUICE_STATUS_READY;
  CHECK(readiness.update(report, RunPhase::running, "", 30 * second).empty());
  report.nodes[2].status = SLUICE_STATUS_BLOCKED;
  report.nodes[2].status_sentence = "";
  const auto& again = readiness.update(report, RunPhase::running, "", 40 * second);
  REQUIRE(codes(again) == Words{"blocked trades"});
  CHECK(again[0].since_ns == 40 * second);
  CHECK_FALSE(again[0].sentence.empty());
}

TEST_CASE("a source is paused when it has no room and emits nothing for long, not when it merely waits a little") {
  Readiness readiness;
  Report report = full_report();
  CHECK(readiness.update(report, RunPhase::running, "", 1 * second).empty());
  CHECK(readiness.update(report, RunPhase::running, "", 10 * second).empty());
  const auto reasons = readiness.update(report, RunPhase::running, "", 11 * second);
  REQUIRE(codes(reasons) == Words{"paused exchange"});
  CHECK(reasons[0].since_ns == 1 * second);
  CHECK(reasons[0].sentence.find("route -> trades is full, with 500 of 500") != std::string::npos);

  // It emits, slowly: backpressure does its work.
  report.nodes[0].account.received += 1;
  CHECK(readiness.update(report, RunPhase::running, "", 12 * second).empty());
  CHECK(codes(readiness.update(report, RunPhase::running, "", 22 * second)) == Words{"paused exchange"});
  // There is room, and nothing comes: that is an idle source.
  report.edges[1].has_room = true;
  CHECK(readiness.update(report, RunPhase::running, "", 23 * second).empty());
  CHECK(readiness.update(report, RunPhase::running, "", 99 * second).empty());
}

TEST_CASE("what takes a source's room away is said") {
  Report report = sample_report();
  report.nodes[2].stage = 1;
  CHECK(no_room_of(report, report.nodes[0]).empty());
  report.nodes[2].has_room = false;
  CHECK(no_room_of(report, report.nodes[0]).empty());
  report.nodes[2].stage = 0;
  CHECK(no_room_of(report, report.nodes[0]) == "the node trades accepts no more records now");
  report.nodes[2].has_room = true;
  report.nodes[0].in_flight = {1'000, 1'000};
  report.nodes[0].account.unsettled = 1'000;
  CHECK(no_room_of(report, report.nodes[0]).find("1,000 of its records are unsettled") == 0);
  report.nodes[0].account.unsettled = 1;
  report.nodes[0].account.unsettled_bytes = 1'000;
  CHECK_FALSE(no_room_of(report, report.nodes[0]).empty());
  report.nodes[0].account.unsettled_bytes = 0;
  report.edges[0].parked = 4;
  CHECK(no_room_of(report, report.nodes[0]).find("exchange -> route is full") != std::string::npos);
}

TEST_CASE("a source is paused, too, when what has settled is not committed and its in_flight bounds that") {
  Readiness readiness;
  Report report = sample_report();
  report.nodes[0].in_flight = {500, 1'000};
  report.nodes[0].account.unsettled = 1;
  report.nodes[0].account.uncommitted = 499;
  readiness.update(report, RunPhase::running, "", 1 * second);
  CHECK(readiness.update(report, RunPhase::running, "", 20 * second).empty());
  report.nodes[0].in_flight_until_committed = true;
  const auto reasons = readiness.update(report, RunPhase::running, "", 30 * second);
  REQUIRE(codes(reasons) == Words{"paused exchange"});
  CHECK(reasons[0].sentence ==
        "the source got no room for 10 s: 1 of its records are unsettled, and 499 are settled and not yet committed, "
        "which is all that its in_flight allows");
  report.nodes[0].account.uncommitted = 498;
  CHECK(readiness.update(report, RunPhase::running, "", 41 * second).empty());
}

TEST_CASE("records that stay unsettled are a reason, beyond what nodes keep back by themselves") {
  Readiness readiness;
  Report report = sample_report();
  report.nodes[0].account.unsettled = 700;
  report.nodes[0].account.oldest_unsettled_ns = 61 * second;
  report.nodes[2].held = 500;
  report.edges[1].waiting = 200;
  const auto reasons = readiness.update(report, RunPhase::running, "", 100 * second);
  REQUIRE(codes(reasons) == Words{"unsettled exchange"});
  CHECK(reasons[0].since_ns == 39 * second);
  CHECK(reasons[0].sentence ==
        "700 records have no verdict, the oldest for 61 s; node trades holds 500, 200 wait in route -> trades");
  report.nodes[1].holds_ns = 2 * second;
  CHECK(readiness.update(report, RunPhase::running, "", 100 * second).empty());
}

TEST_CASE("a source is behind when its backlog would take long at the present rate") {
  Readiness readiness;
  Report report = sample_report();
  report.nodes[0].lag = {{"0", 60'000}, {"1", 60'001}};
  const auto settle = [&](uint64_t records) { report.nodes[0].account.settled[0] += records; };
  CHECK(readiness.update(report, RunPhase::running, "", 1 * second).empty());
  settle(20'000);
  CHECK(readiness.update(report, RunPhase::running, "", 11 * second).size() == 1);
  settle(20'010);
  CHECK(readiness.update(report, RunPhase::running, "", 21 * second).empty());
  const auto& stands = readiness.update(report, RunPhase::running, "", 31 * second);
  REQUIRE(codes(stands) == Words{"behind exchange"});
  CHECK(stands[0].sentence == "120,001 records wait at its server, and none settles");
  // It moves again: judged by that at once.
  settle(10'000);
  CHECK(readiness.update(report, RunPhase::running, "", 33 * second).empty());
  CHECK(readiness.update(report, RunPhase::running, "", 40 * second).size() == 1);
  report.nodes[0].lag = {{"", 999}};
  CHECK(readiness.update(report, RunPhase::running, "", 41 * second).empty());
}

TEST_CASE("a reason of the flow that comes in jerks stays until the backlog has shrunk to half") {
  Readiness readiness({.linger_ns = 30 * second});
  Report report = full_report();
  report.nodes[0].account.unsettled = 14'000;
  readiness.update(report, RunPhase::running, "", 1 * second);
  CHECK(codes(readiness.update(report, RunPhase::running, "", 11 * second)) == Words{"paused exchange"});
  // A batch of a slow table, and it stands still again.
  report.nodes[0].account.received += 500;
  const auto moving = readiness.update(report, RunPhase::running, "", 12 * second);
  REQUIRE(codes(moving) == Words{"paused exchange"});
  CHECK(moving[0].since_ns == 1 * second);
  CHECK(moving[0].sentence.find("14,000 records are still waiting; until 1 s ago the source") == 0);
  CHECK(codes(readiness.update(report, RunPhase::running, "", 21 * second)) == Words{"paused exchange"});
  CHECK(codes(readiness.update(report, RunPhase::running, "", 22 * second)) == Words{"paused exchange"});
  report.nodes[0].account.received += 500;
  report.nodes[0].account.unsettled = 7'001;
  CHECK(codes(readiness.update(report, RunPhase::running, "", 23 * second)) == Words{"paused exchange"});
  report.nodes[0].account.unsettled = 7'000;
  CHECK(readiness.update(report, RunPhase::running, "", 24 * second).empty());
}

TEST_CASE("a reason of the flow does not stay for ever either") {
  Readiness readiness({.linger_ns = 30 * second});
  Report report = full_report();
  report.nodes[0].account.unsettled = 5'000;
  readiness.update(report, RunPhase::running, "", 1 * second);
  CHECK(readiness.update(report, RunPhase::running, "", 11 * second).size() == 1);
  report.edges[1].has_room = true;
  CHECK(readiness.update(report, RunPhase::running, "", 40 * second).size() == 1);
  CHECK(readiness.update(report, RunPhase::running, "", 41 * second).empty());
  // A few records are no backlog.
  report.edges[1].has_room = false;
  report.nodes[0].account.unsettled = 999;
  CHECK(readiness.update(report, RunPhase::running, "", 60 * second).size() == 1);
  report.edges[1].has_room = true;
  CHECK(readiness.update(report, RunPhase::running, "", 61 * second).empty());
}

TEST_CASE("an edge without a buffer is never said to be full of nothing") {
  Report report = full_report();
  report.edges[1].has_room = true;
  report.edges[1].waiting = report.edges[1].bound_records = 0;
  report.edges[1].is_buffered = false;
  report.edges[1].parked = 500;
  report.nodes[2].held = 1'000;
  CHECK(no_room_of(report, report.nodes[0]) ==
        "the edge route -> trades is full: the node trades holds 1,000 records and accepts no more records now");
}

TEST_CASE("behind a source that cannot replay, a server that is away puts records at risk, and a reason says so") {
  Readiness readiness;
  Report report = sample_report();
  report.nodes[2].status = SLUICE_STATUS_CONNECTING;
  report.nodes[2].status_sentence = "the server is away";
  report.edges[1].waiting = 13'000;
  report.nodes[2].held = 129;
  const auto reasons = readiness.update(report, RunPhase::running, "", second);
  REQUIRE(codes(reasons) == Words{"not_connected trades"});
  CHECK(reasons[0].sentence ==
        "the server is away; 13,129 records are kept in memory until then, and a crash would lose them");
  report.nodes[0].replay = sluice::Replay::from_commit;
  CHECK(readiness.update(report, RunPhase::running, "", second)[0].sentence == "the server is away");
}

TEST_CASE("the cause comes before what follows from it") {
  Readiness readiness;
  Report report = full_report();
  report.nodes[2].status = SLUICE_STATUS_BLOCKED;
  readiness.update(report, RunPhase::running, "", 1 * second);
  CHECK(codes(readiness.update(report, RunPhase::running, "", 11 * second)) ==
        Words{"blocked trades", "paused exchange"});
}

TEST_CASE("a stage that does not turn for long is stuck, whatever else is slow") {
  Liveness liveness;
  Report report = sample_report();
  report.stages = {{"exchange", 10}, {"trades", 10}};
  CHECK(liveness.update(report, RunPhase::starting, 1 * second).empty());
  CHECK(liveness.update(report, RunPhase::starting, 100 * second).empty());
  CHECK(liveness.update(report, RunPhase::running, 101 * second).empty());
  report.stages[0].turns = 11;
  CHECK(liveness.update(report, RunPhase::running, 129 * second).empty());
  CHECK(liveness.update(report, RunPhase::running, 130 * second) == Words{"trades"});
  report.stages[1].turns = 11;
  CHECK(liveness.update(report, RunPhase::running, 131 * second).empty());
}
