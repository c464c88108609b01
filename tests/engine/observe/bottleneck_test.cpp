// SPDX-License-Identifier: Apache-2.0
#include "observe/bottleneck.hpp"

#include "catch.hpp"
#include "observe/readiness.hpp"
#include "sample_report.hpp"

using namespace sluice;
using namespace sluice::engine;
using sluice::testing::sample_report;
using sluice::testing::taking;

namespace {

constexpr int64_t second = 1'000'000'000;

/// What a sink that settles batches in this time leaves in half a minute.
std::deque<Sample> samples(int64_t batch_ns, bool is_full, uint64_t lag) {
  Report before = sample_report();
  before.nodes[2].held = 500;
  before.nodes[2].has_room = !is_full;
  before.nodes[0].lag = {{"", lag}};
  Report now = before;
  if (batch_ns > 0) now.edges[1].settling_time = taking(batch_ns, 500);
  return {{0, before}, {15 * second, before}, {30 * second, now}};
}

}  // namespace

TEST_CASE("a slow sink is a bottleneck, with what a batch takes and what waits in front of it") {
  const auto found = bottlenecks(samples(6 * second, true, 13'990));
  REQUIRE(found.size() == 1);
  CHECK(found[0].name == "trades");
  CHECK(found[0].waiting == 13'990);
  CHECK(found[0].sentence.find("a batch takes 6.") == 0);
  CHECK(found[0].sentence.find(" s (median), 13,990 records wait in front of it") != std::string::npos);
}

TEST_CASE("a sink that is late without being full is one too, a quick one is not") {
  CHECK(bottlenecks(samples(2 * second, false, 0)).size() == 1);
  CHECK(bottlenecks(samples(second / 10, false, 1'000'000)).empty());
  CHECK(bottlenecks(samples(second / 10, true, 999)).empty());
  CHECK(bottlenecks(samples(second / 10, true, 100'000)).size() == 1);
  CHECK(bottlenecks({}).empty());
  auto away = samples(2 * second, true, 0);
  away.back().report.nodes[2].status = SLUICE_STATUS_CONNECTING;
  CHECK(bottlenecks(away).empty());
}

TEST_CASE("of a sink that became slow just now, how old records are says more than what batches took") {
  auto found = samples(second / 20, true, 6'000);
  found.back().report.nodes[0].account.oldest_unsettled_ns = 11 * second;
  REQUIRE(bottlenecks(found).size() == 1);
  CHECK(bottlenecks(found)[0].sentence.find("the oldest records on the way to it are 11.0 s old, a batch took 5") == 0);
}

TEST_CASE("a sink that settles nothing at all is one when it holds something for long") {
  auto stuck = samples(0, true, 100);
  CHECK(bottlenecks(stuck).empty());
  stuck.back().report.nodes[0].account.oldest_unsettled_ns = 20 * second;
  const auto found = bottlenecks(stuck);
  REQUIRE(found.size() == 1);
  CHECK(found[0].sentence == "it has settled nothing recently, and holds 500 records, 100 records wait in front of it");
}

TEST_CASE("readiness names what is slow beside the reason that follows from it, and without one") {
  Readiness readiness;
  Report report = sample_report();
  report.edges[1].stage = 0;
  report.edges[1].has_room = false;
  report.edges[2].stage = 9;
  const std::vector<Bottleneck> slow{{.node = 2, .name = "trades", .sentence = "a batch takes 6.1 s (median)"}};
  readiness.update(report, RunPhase::running, "", second, slow);
  const auto reasons = readiness.update(report, RunPhase::running, "", 20 * second, slow);
  REQUIRE(reasons.size() == 1);
  CHECK(reasons[0].sentence.ends_with("; what is slow is trades: a batch takes 6.1 s (median)"));
  CHECK(readiness_json(report, {}, 0, 0, slow) ==
        "{\"status\":\"ready\",\"graph\":\"binance\",\"process\":\"\",\"reasons\":[],\"bottlenecks\":[{\"node\":"
        "\"trades\",\"sentence\":\"a batch takes 6.1 s (median)\"}]}\n");
}
