// SPDX-License-Identifier: Apache-2.0
// Members of one group: partitions move with their work drained, or are lost and fenced. On a real broker when
// there is one; else on librdkafka's mock cluster, as far as that keeps a group's rules.
#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "catch.hpp"
#include "output_support.hpp"

using namespace sluice;
using namespace sluice::testing;
using namespace sluice::kafka::testing;
using namespace std::chrono_literals;

namespace {

/// One place to run on. The mock cluster takes seconds for each change of a group.
std::unique_ptr<TestCluster> real_or_mock() {
  auto real = TestCluster::real();
  return real ? std::move(real) : TestCluster::mock();
}

/// partition -> offsets of what a node emitted, each counted.
using Counts = std::map<std::pair<int64_t, int64_t>, int>;
void count(Counts& counts, const OutputNode& node) {
  for (const RecordCopy& record : node.all_records()) {
    ++counts[{record.integer("partition").value(), record.integer("offset").value()}];
  }
}

size_t reading(const OutputNode& node) {
  size_t open = 0;
  for (const PartitionCopy& partition : node.partitions()) open += partition.revoked || partition.lost ? 0 : 1;
  return open;
}

}  // namespace

TEST_CASE("a second member gets its part when the first has drained it, and nothing is read twice") {
  // The mock cluster forgets members that come late to share an assignment, so what it says of a group proves nothing.
  const auto cluster = TestCluster::real();
  if (cluster == nullptr) return;
  const std::string topic = TestCluster::fresh("shared");
  const std::string group = TestCluster::fresh("g");
  constexpr int partitions = 4;
  constexpr int each = 1000;
  cluster->make_topic(topic, partitions);
  for (int p = 0; p < partitions; ++p) cluster->write_numbers(topic, p, each);
  OutputNode first(*cluster, topic, group);
  first.begin();
  REQUIRE(first.until([&] {
    first.turn(20);
    return first.record_count() > 400 && reading(first) == partitions;
  }));
  // Work in flight: what comes from here on is held until the second has waited for it.
  bool may_settle = false;
  REQUIRE(first.until([&] {
    first.turn(20, [&](const Emission&) { return may_settle; });
    return first.record_count() > 600;
  }));
  OutputNode second(*cluster, topic, group);
  second.begin();
  REQUIRE(first.until([&] {
    first.turn(0, [&](const Emission&) { return may_settle; });
    second.turn(20);
    return reading(first) == partitions / 2;
  }));
  CHECK(second.record_count() == 0);
  may_settle = true;
  const size_t all = partitions * each;
  const bool is_shared = first.until([&] {
    first.turn(50);
    second.turn(50);
    return first.record_count() + second.record_count() >= all && first.commits_answered() &&
           second.commits_answered() && reading(second) == partitions / 2;
  });
  INFO("first, " << first.record_count() << " records" << first.story());
  INFO("second, " << second.record_count() << " records" << second.story());
  REQUIRE(is_shared);
  CHECK(reading(first) == partitions / 2);
  CHECK(reading(second) == partitions / 2);
  Counts counts;
  count(counts, first);
  count(counts, second);
  CHECK(counts.size() == all);
  for (const auto& [place, times] : counts) REQUIRE(times == 1);
  CHECK(first.metric("lost_partitions_total") == 0);
  CHECK(second.metric("lost_partitions_total") == 0);
  for (int p = 0; p < partitions; ++p) CHECK(cluster->committed(group, topic, p) == each);
}

TEST_CASE("a refused commit is sent again after its pause, however much of a hurry there is") {
  const auto cluster = TestCluster::embedded();
  const std::string topic = TestCluster::fresh("hurry");
  const std::string group = TestCluster::fresh("g");
  cluster->make_topic(topic, 1);
  cluster->write_numbers(topic, 0, 100);
  OutputNode node(*cluster, topic, group);
  node.begin();
  REQUIRE(node.until([&] {
    node.turn(100, [](const Emission&) { return false; });
    return node.record_count() == 100;
  }));
  constexpr int16_t offset_commit = 8;
  constexpr auto again = RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS;
  rd_kafka_mock_push_request_errors(cluster->log()->mock(), offset_commit, 4, again, again, again, again);
  node.stop();
  const auto from = std::chrono::steady_clock::now();
  REQUIRE(node.until([&] {
    node.turn(0);
    return !node.commits().empty() && node.commits().back().position == 100;
  }));
  CHECK(node.metric("commit_failures_total") == 4);
  CHECK(std::chrono::steady_clock::now() - from >= 4 * 90ms);
  CHECK(cluster->committed(group, topic, 0) == 100);
}

TEST_CASE("a member that stops hands over at once") {
  const auto cluster = real_or_mock();
  const std::string topic = TestCluster::fresh("handover");
  const std::string group = TestCluster::fresh("g");
  cluster->make_topic(topic, 2);
  // A session longer than the test waits: who leaves without a word would be missed. The mock cluster waits for
  // nearly a session in any case.
  const Values options{{"session_timeout", cluster->is_real() ? "60s" : "6s"}};
  OutputNode first(*cluster, topic, group, options);
  OutputNode second(*cluster, topic, group, options);
  first.begin();
  second.begin();
  REQUIRE(first.until([&] {
    first.turn(20);
    second.turn(20);
    return reading(first) == 1 && reading(second) == 1;
  }));
  first.finish();
  CHECK(second.until([&] {
    second.turn(20);
    return reading(second) == 2;
  }));
}

TEST_CASE("a member that stops while it looks up where to begin leaves the group at once") {
  // The mock cluster makes a session of it: it waits for nearly as long at each change of a group.
  const auto cluster = TestCluster::real();
  if (cluster == nullptr) return;
  const std::string topic = TestCluster::fresh("early");
  const std::string group = TestCluster::fresh("g");
  cluster->make_topic(topic, 2);
  // A session longer than the test waits.
  const Values options{{"session_timeout", "5m"}};
  OutputNode first(*cluster, topic, group, options);
  first.begin();
  // No poll follows in which an answer about the start could be taken.
  REQUIRE(first.until([&] {
    first.must_poll(20, 0ms);
    return first.metric("rebalances_total") > 0;
  }));
  REQUIRE(reading(first) == 0);
  first.finish();
  OutputNode second(*cluster, topic, group, options);
  second.begin();
  CHECK(second.until([&] {
    second.turn(20);
    return reading(second) == 2;
  }));
}

TEST_CASE("a revoke whose commit is refused as one of a past generation gives the partition up at once") {
  // Only the mock cluster refuses on demand. It waits for nearly a session at each change of a group.
  const auto cluster = TestCluster::mock();
  const std::string topic = TestCluster::fresh("refused");
  const std::string group = TestCluster::fresh("g");
  cluster->make_topic(topic, 2);
  for (int p = 0; p < 2; ++p) cluster->write_numbers(topic, p, 50);
  const Values options{{"session_timeout", "6s"}};
  const auto holds = [](const Emission&) { return false; };
  OutputNode first(*cluster, topic, group, options);
  first.begin();
  REQUIRE(first.until([&] {
    first.turn(20, holds);
    return first.record_count() == 100;
  }));
  OutputNode second(*cluster, topic, group, options);
  second.begin();
  const auto revoked = [&] {
    const auto all = first.partitions();
    const auto found = std::find_if(all.begin(), all.end(), [](const PartitionCopy& each) { return each.revoked; });
    return found == all.end() ? std::optional<PartitionCopy>() : *found;
  };
  REQUIRE(first.until([&] {
    first.turn(0, holds);
    second.turn(20);
    return revoked().has_value();
  }));
  REQUIRE_FALSE(revoked()->lost);
  constexpr int16_t offset_commit = 8;
  rd_kafka_mock_push_request_errors(cluster->log()->mock(), offset_commit, 1, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION);
  first.deliver_all();
  REQUIRE(first.commit(revoked()->id, 50));
  REQUIRE(first.until([&] {
    first.must_poll(0, 5ms);
    return first.metric("commit_failures_total") > 0;
  }));
  // With the answer, not when the session is over; and no second commit was tried.
  INFO(first.story());
  CHECK(revoked()->lost);
  CHECK(first.metric("commit_failures_total") == 1);
  CHECK(first.metric("lost_partitions_total") == 1);
  CHECK(reading(first) == 1);
  // What was not committed is read again, by the member that has the partition now.
  REQUIRE(first.until([&] {
    first.turn(20);
    second.turn(20);
    return second.record_count() == 50 && second.commits_answered() && first.commits_answered();
  }));
  CHECK(second.all_records().at(0).integer("offset") == 0);
  for (int p = 0; p < 2; ++p) CHECK(cluster->committed(group, topic, p) == 50);
}

TEST_CASE("two relays of one group are two members, each with its own topic") {
  const auto cluster = real_or_mock();
  const std::string trades = TestCluster::fresh("trades");
  const std::string quotes = TestCluster::fresh("quotes");
  const std::string group = TestCluster::fresh("g");
  for (const std::string& topic : {trades, quotes}) {
    cluster->make_topic(topic, 3);
    for (int p = 0; p < 3; ++p) cluster->write_numbers(topic, p, 100);
  }
  // One id for both in the file of the graph: each relay makes its own of it.
  const Values options{{"member", "worker-1"}};
  OutputNode one(*cluster, trades, group, options);
  OutputNode two(*cluster, quotes, group, options);
  one.begin();
  two.begin();
  REQUIRE(one.until([&] {
    one.turn(20);
    two.turn(20);
    return one.record_count() == 300 && two.record_count() == 300 && one.commits_answered() && two.commits_answered();
  }));
  CHECK(reading(one) == 3);
  CHECK(reading(two) == 3);
  for (int p = 0; p < 3; ++p) {
    CHECK(cluster->committed(group, trades, p) == 100);
    CHECK(cluster->committed(group, quotes, p) == 100);
  }
}

TEST_CASE("a member that was silent for too long has lost its partitions, and its late commits change nothing") {
  const auto cluster = real_or_mock();
  const std::string topic = TestCluster::fresh("silent");
  const std::string group = TestCluster::fresh("g");
  cluster->make_topic(topic, 1);
  cluster->write_numbers(topic, 0, 100);
  const Values options{{"session_timeout", "6s"}, {"options", map({{"max.poll.interval.ms", "6000"}})}};
  OutputNode silent(*cluster, topic, group, options);
  silent.begin();
  REQUIRE(silent.until([&] {
    silent.turn(10, [](const Emission& emission) { return emission.end <= 20; });
    return silent.record_count() >= 50 && silent.commits_answered() && !silent.commits().empty();
  }));
  const std::vector<uint32_t> before = silent.open_partitions();
  REQUIRE(before.size() == 1);
  const int64_t committed = cluster->committed(group, topic, 0).value();
  REQUIRE(committed <= 20);
  OutputNode other(*cluster, topic, group, options);
  other.begin();
  REQUIRE(other.until([&] {
    other.turn(10);
    return other.record_count() >= 30;
  }));
  // It began where the silent one had committed.
  CHECK(other.all_records().at(0).integer("offset") == committed);
  REQUIRE(silent.until([&] {
    silent.must_poll(0, 5ms);
    other.turn(10);
    return silent.partitions().at(0).lost;
  }));
  CHECK(silent.metric("lost_partitions_total") == 1);
  silent.deliver_all();
  const size_t answers = silent.commits().size();
  CHECK(silent.commit(before[0], 50));
  REQUIRE(other.until([&] {
    silent.must_poll(10, 5ms);
    other.turn(10);
    return other.record_count() + static_cast<size_t>(committed) >= 100 && other.commits_answered();
  }));
  CHECK(silent.commits().size() == answers);
  CHECK(cluster->committed(group, topic, 0) == 100);
  silent.deliver_all();
}
