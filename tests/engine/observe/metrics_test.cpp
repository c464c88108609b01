// SPDX-License-Identifier: Apache-2.0
#include "observe/metrics.hpp"

#include "catch.hpp"
#include "exposition_reader.hpp"
#include "observe/process_metrics.hpp"
#include "sample_report.hpp"

using namespace sluice;
using namespace sluice::engine;
using sluice::testing::ExpositionReader;
using sluice::testing::ReadFamily;
using sluice::testing::sample_report;

namespace {

using Wanted = std::map<std::string, std::string>;

std::map<std::string, ReadFamily> rendered(const Report& report) {
  Exposition to;
  add_metrics(report, to);
  return ExpositionReader::read(to.text());
}

/// The one sample that has these labels.
double value(const std::map<std::string, ReadFamily>& families, const std::string& family, const Wanted& labels) {
  const auto found = families.find(family);
  REQUIRE(found != families.end());
  std::vector<double> values;
  for (const auto& sample : found->second.samples) {
    const bool fits = std::all_of(labels.begin(), labels.end(), [&](const auto& label) {
      const auto at = sample.labels.find(label.first);
      return at != sample.labels.end() && at->second == label.second;
    });
    if (fits) values.push_back(sample.value);
  }
  INFO(family);
  REQUIRE(values.size() == 1);
  return values.front();
}

}  // namespace

TEST_CASE("a report's numbers stand under their names") {
  Report report = sample_report();
  report.process = "ingest";
  report.nodes[0].type = "feed";
  report.nodes[0].out_bytes = 999;
  report.nodes[0].account.unsettled = 5;
  report.nodes[0].account.oldest_unsettled_ns = 1'500'000'000;
  report.nodes[0].account.uncommitted = 50;
  report.nodes[0].partitions = {{"t/0", 900, 850}};
  report.edges[1].waiting = 3;
  report.edges[1].bound_records = 100;
  report.edges[1].when_full = WhenFull::drop_oldest;
  report.nodes[2].status = SLUICE_STATUS_BLOCKED;
  const auto read = rendered(report);
  CHECK(value(read, "sluice_node_in_records_total", {{"node", "exchange"}, {"kind", "source"}}) == 1'234'567);
  CHECK(value(read, "sluice_node_in_records_total", {{"graph", "binance"}, {"process", "ingest"}, {"type", "feed"}}) ==
        1'234'567);
  CHECK(value(read, "sluice_node_settled_records_total", {{"node", "trades"}, {"verdict", "delivered"}}) == 1'234'500);
  CHECK(value(read, "sluice_node_settled_records_total", {{"node", "trades"}, {"verdict", "dead_lettered"}}) == 7);
  CHECK(value(read, "sluice_node_discarded_records_total", {{"node", "route"}, {"reason", "otherwise"}}) == 50);
  CHECK(value(read, "sluice_node_status", {{"node", "trades"}, {"status", "blocked"}}) == 1);
  CHECK(value(read, "sluice_node_status", {{"node", "trades"}, {"status", "ready"}}) == 0);
  CHECK(value(read, "sluice_source_received_bytes_total", {{"node", "exchange"}}) == 999);
  CHECK(value(read, "sluice_source_unsettled_records", {{"node", "exchange"}}) == 5);
  CHECK(value(read, "sluice_source_uncommitted_records", {{"node", "exchange"}}) == 50);
  CHECK(rendered(sample_report()).count("sluice_source_uncommitted_records") == 0);
  CHECK(value(read, "sluice_source_oldest_unsettled_seconds", {{"node", "exchange"}}) == 1.5);
  CHECK(value(read, "sluice_source_settled_position", {{"partition", "t/0"}}) == 900);
  CHECK(value(read, "sluice_source_committed_position", {{"partition", "t/0"}}) == 850);
  CHECK(value(read, "sluice_edge_waiting_records", {{"edge", "route -> trades"}, {"kind", "buffered"}}) == 3);
  CHECK(value(read, "sluice_edge_limit_records", {{"edge", "route -> trades"}}) == 100);
  CHECK(value(read, "sluice_edge_dropped_records_total", {{"edge", "route -> trades"}, {"reason", "drop_oldest"}}) ==
        10);
  CHECK(value(read, "sluice_edge_out_records_total", {{"kind", "dead_letter"}}) == 7);
  CHECK(value(read, "sluice_edge_in_records_total", {{"kind", "direct"}}) == 1'234'567);
  CHECK(read.count("sluice_edge_accepted_records_total") == 0);
}

TEST_CASE("an edge that takes over has an account of its own") {
  Report report = sample_report();
  report.edges[1].takes_over = true;
  report.edges[1].account.received = 50;
  report.edges[1].account.settled = {40, 0, 0, 0, 0};
  report.edges[1].account.unsettled = 10;
  const auto read = rendered(report);
  CHECK(value(read, "sluice_edge_accepted_records_total", {{"edge", "route -> trades"}}) == 50);
  CHECK(value(read, "sluice_edge_settled_records_total", {{"verdict", "delivered"}}) == 40);
  CHECK(value(read, "sluice_edge_unsettled_records", {}) == 10);
  CHECK(read.at("sluice_edge_settle_seconds").kind == "histogram");
}

TEST_CASE("the two halves of a relay are two series") {
  Report report = sample_report();
  report.nodes[0].name = "log";
  report.nodes[2].name = "log";
  const auto read = rendered(report);
  CHECK(value(read, "sluice_node_in_records_total", {{"node", "log"}, {"kind", "source"}}) == 1'234'567);
  CHECK(value(read, "sluice_node_in_records_total", {{"node", "log"}, {"kind", "sink"}}) == 1'234'507);
}

TEST_CASE("settle times are a histogram that never falls and ends in its count") {
  Latency latency;
  latency.add(1'000, 1);       // far below the first bound
  latency.add(1'000'000, 10);  // a millisecond
  latency.add(50'000'000, 5);
  latency.add(3'600'000'000'000, 2);  // an hour: above the last bound
  Report report = sample_report();
  report.nodes[0].account.latency = latency.report();
  const auto read = rendered(report);
  const ReadFamily& family = read.at("sluice_source_settle_seconds");
  double last = 0;
  double last_bound = 0;
  double count = -1;
  double sum = -1;
  double infinite = -1;
  for (const auto& sample : family.samples) {
    if (sample.name.ends_with("_count")) count = sample.value;
    if (sample.name.ends_with("_sum")) sum = sample.value;
    if (!sample.name.ends_with("_bucket")) continue;
    CHECK(sample.value >= last);
    last = sample.value;
    if (sample.labels.at("le") == "+Inf") {
      infinite = sample.value;
      continue;
    }
    const double bound = std::stod(sample.labels.at("le"));
    CHECK(bound > last_bound);
    last_bound = bound;
    if (bound < 0.0009) CHECK(sample.value == 1);
    if (bound > 0.0011 && bound < 0.045) CHECK(sample.value == 11);
    if (bound > 0.06) CHECK(sample.value == 16);
  }
  CHECK(count == 18);
  CHECK(infinite == 18);
  CHECK(sum == Approx(7200.26).epsilon(0.07));
}

TEST_CASE("the lag of a source is a metric of its type, by partition where it has any") {
  Report report = sample_report();
  report.nodes[0].type = "log";
  report.nodes[0].lag = {{"0", 5}, {"1", 7}};
  const auto read = rendered(report);
  CHECK(value(read, "sluice_log_lag_records", {{"partition", "0"}, {"node", "exchange"}}) == 5);
  CHECK(value(read, "sluice_log_lag_records", {{"partition", "1"}, {"node", "exchange"}}) == 7);
  CHECK(read.at("sluice_log_lag_records").kind == "gauge");
  report.nodes[0].lag = {{"", 9}};
  CHECK(value(rendered(report), "sluice_log_lag_records", {{"node", "exchange"}}) == 9);
}

TEST_CASE("metrics of plugins are called after their type, and labels behind a name become labels") {
  Report report = sample_report();
  report.nodes[0].type = "log";
  report.nodes[0].metrics = {{"depth{partition=\"0\"}", 5},
                             {"depth{partition=\"1\"}", 7},
                             {"opened", 2},
                             {"odd-name{", 1},
                             {"named{node=\"x\",b=\"q\\\"\\\\\\n\"}", 3}};
  report.nodes[0].metric_facts = {{SLUICE_GAUGE, "What waits."}, {SLUICE_GAUGE, "What waits."}, {SLUICE_COUNTER, ""}};
  const auto read = rendered(report);
  CHECK(value(read, "sluice_log_depth", {{"partition", "0"}, {"node", "exchange"}}) == 5);
  CHECK(value(read, "sluice_log_depth", {{"partition", "1"}}) == 7);
  CHECK(read.at("sluice_log_depth").kind == "gauge");
  CHECK(read.at("sluice_log_depth").help == "What waits.");
  CHECK(value(read, "sluice_log_opened_total", {}) == 2);
  CHECK(read.at("sluice_log_opened_total").kind == "counter");
  CHECK(value(read, "sluice_log_odd_name__total", {}) == 1);
  CHECK(value(read, "sluice_log_named_total", {{"node", "exchange"}, {"plugin_node", "x"}, {"b", "q\"\\\n"}}) == 3);
}

TEST_CASE("names with labels are taken apart only when they are well formed") {
  for (const std::string text : {"a{", "a{}b", "a{b}", "a{b=}", "a{b=c}", "a{b=\"c}", "a{b=\"c\"", "a{b=\"c\" }",
                                 "a{b=\"c\"d=\"e\"}", "a{=\"c\"}", "{b=\"c\"}"}) {
    INFO(text);
    CHECK(split_metric_name(text).labels.empty());
  }
  CHECK(split_metric_name("a{}").name == "a");
  CHECK(split_metric_name("a{b=\"c\",}").labels.size() == 1);
  CHECK(split_metric_name("a{b=\"}\"}").labels.front().second == "}");
}

TEST_CASE("the process says what it uses") {
  Exposition to;
  add_process_metrics(to);
  const auto read = ExpositionReader::read(to.text());
  CHECK(value(read, "process_resident_memory_bytes", {}) > 1e5);
  CHECK(value(read, "process_virtual_memory_bytes", {}) >= value(read, "process_resident_memory_bytes", {}));
  CHECK(value(read, "process_cpu_seconds_total", {}) > 0);
  CHECK(value(read, "process_open_fds", {}) >= 3);
  CHECK(value(read, "process_max_fds", {}) >= value(read, "process_open_fds", {}));
  CHECK(value(read, "process_threads", {}) >= 1);
  CHECK(value(read, "process_start_time_seconds", {}) > 1.5e9);
}

TEST_CASE("what edges, holding nodes and sinks took are histograms, with the budget beside them") {
  Report report = sample_report();
  CHECK_FALSE(rendered(report).contains("sluice_latency_budget_seconds"));
  report.latency_budget_ns = 3'000'000'000;
  report.nodes[0].account.over_budget = 9;
  report.nodes[1].holds = true;
  report.nodes[1].held_time = sluice::testing::taking(1'000'000, 11);
  report.edges[1].waiting_time = sluice::testing::taking(1'000'000, 12);
  report.edges[1].settling_time = sluice::testing::taking(1'000'000, 13);
  const auto read = rendered(report);
  CHECK(value(read, "sluice_latency_budget_seconds", {}) == 3);
  CHECK(value(read, "sluice_source_over_budget_records_total", {{"node", "exchange"}}) == 9);
  CHECK(value(read, "sluice_node_held_seconds", {{"node", "route"}, {"le", "+Inf"}}) == 11);
  CHECK(value(read, "sluice_edge_waiting_seconds", {{"edge", "route -> trades"}, {"le", "+Inf"}}) == 12);
  CHECK(value(read, "sluice_edge_settling_seconds", {{"edge", "route -> trades"}, {"le", "+Inf"}}) == 13);
  CHECK(value(read, "sluice_edge_settling_seconds", {{"edge", "route -> trades"}, {"le", "0.001048576"}}) == 13);
  CHECK(value(read, "sluice_edge_settling_seconds", {{"edge", "route -> trades"}, {"le", "0.000524288"}}) == 0);

  Exposition to;
  add_latency_ways({}, report, to);
  const auto ways = ExpositionReader::read(to.text());
  CHECK(value(ways, "sluice_latency_part_seconds", {{"part", "route"}, {"kind", "held"}, {"quantile", "0.5"}}) >=
        0.001);
  CHECK(value(ways, "sluice_latency_largest_part", {{"part", "route"}, {"sink", "trades"}}) == 1);
  CHECK(value(ways, "sluice_latency_largest_part", {{"part", "trades"}, {"kind", "settling"}}) == 0);
}
