// SPDX-License-Identifier: Apache-2.0
// Offsets that are not records: tombstones, and what transactions leave behind. And partitions that come later.
#include <algorithm>

#include "catch.hpp"
#include "group_facts.hpp"
#include "output_support.hpp"
#include "start_mark.hpp"

using namespace sluice;
using namespace sluice::kafka;
using namespace sluice::testing;
using namespace sluice::kafka::testing;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

void write_tombstones(TestCluster& cluster, const std::string& topic, int count) {
  std::vector<Message> messages;
  for (int i = 0; i < count; ++i) messages.push_back({0, std::nullopt, "key"});
  cluster.write(topic, messages);
}

}  // namespace

TEST_CASE("tombstones are discarded, stored as dead letters, or made records, as the graph says") {
  auto cluster = TestCluster::embedded();
  const std::string topic = TestCluster::fresh("deleted");
  cluster->make_topic(topic, 1);
  cluster->write(topic, {{0, "a", "k"}, {0, "", "k"}});
  write_tombstones(*cluster, topic, 150);
  cluster->write(topic, {{0, "b", "k"}});
  for (const std::string what : {"discard", "dead_letter", "record"}) {
    CAPTURE(what);
    const std::string group = TestCluster::fresh("g");
    OutputNode node(*cluster, topic, group, {{"tombstones", what}});
    node.begin();
    const size_t records = what == "record" ? 153 : 3;
    // A host stores what is failed for good as a dead letter; the harness holds the position before it.
    const int64_t position = what == "dead_letter" ? 2 : 153;
    REQUIRE(node.until([&] {
      node.turn(200);
      return node.record_count() == records && node.commits_answered() && !node.commits().empty() &&
             node.commits().back().position == position;
    }));
    CHECK(node.payloads().front() == "a");
    CHECK(node.payloads().back() == "b");
    CHECK(cluster->committed(group, topic, 0) == position);
    CHECK(node.settlements().size() == (what == "record" ? 0 : 150));
    for (const Settlement& settlement : node.settlements()) {
      CHECK(settlement.verdict == (what == "discard" ? SLUICE_DISCARDED : SLUICE_FAILED));
      if (what == "discard") CHECK(settlement.reason == "tombstone");
      if (what == "dead_letter") CHECK(settlement.category == Category::permanent);
    }
  }
}

TEST_CASE("offsets that only transactions left behind are read: the lag ends, they are committed, nothing is deleted") {
  auto cluster = TestCluster::real();
  if (cluster == nullptr) return;
  const std::string topic = TestCluster::fresh("markers");
  const std::string group = TestCluster::fresh("g");
  cluster->make_topic(topic, 1);
  cluster->write_transaction(topic, 0, 20, TestCluster::Transaction::committed);
  {
    OutputNode node(*cluster, topic, group);
    node.begin();
    // 20 records and the mark of their end.
    REQUIRE(node.until([&] {
      node.turn(100);
      return node.record_count() == 20 && cluster->committed(group, topic, 0) == 21;
    }));
    REQUIRE(node.poll_until([&] { return node.lag("0") == 0; }, 0));
    cluster->write_transaction(topic, 0, 3, TestCluster::Transaction::aborted);
    REQUIRE(node.until([&] {
      node.turn(100);
      return cluster->committed(group, topic, 0) == 25;
    }));
    REQUIRE(node.poll_until([&] { return node.lag("0") == 0; }, 0));
    CHECK(node.record_count() == 20);
    // What the engine asked for is what it hears of.
    for (const CommitCopy& commit : node.commits()) CHECK(commit.position <= 20);
  }
  cluster->delete_records(topic, 0, 25);
  cluster->write_numbers(topic, 0, 2);
  OutputNode node(*cluster, topic, group);
  node.begin();
  REQUIRE(node.until([&] {
    node.turn(100);
    return node.record_count() == 2;
  }));
}

TEST_CASE("a partition behind an open transaction says so, and goes on when it ends") {
  auto cluster = TestCluster::real();
  if (cluster == nullptr) return;
  const std::string topic = TestCluster::fresh("open");
  cluster->make_topic(topic, 2);
  cluster->write_numbers(topic, 0, 10);
  {
    const auto open = cluster->open_transaction(topic, 0, 1);
    cluster->write_numbers(topic, 0, 500, 10);
    OutputNode node(*cluster, topic, TestCluster::fresh("g"));
    node.begin();
    REQUIRE(node.until([&] {
      node.turn(100);
      return node.has_status(SLUICE_STATUS_BLOCKED, "a transaction is open");
    }));
    CHECK(node.record_count() == 10);
    CHECK_THAT(node.statuses().back().sentence, Contains("partition 0 of topic \"" + topic + "\"") &&
                                                    Contains("up to offset 510") && Contains("from offset 10 on") &&
                                                    Contains("last stable offset is 10"));
    open->abort();
    REQUIRE(node.until([&] {
      node.turn(100);
      return node.record_count() == 510 && node.has_status(SLUICE_STATUS_READY, topic);
    }));
  }
}

TEST_CASE("start: latest commits where it begins at once, so that no later start finds another place") {
  for (const bool is_real : {false, true}) {
    auto cluster = is_real ? TestCluster::real() : TestCluster::embedded();
    if (cluster == nullptr) return;
    const std::string topic = TestCluster::fresh("latest");
    const std::string group = TestCluster::fresh("g");
    cluster->make_topic(topic, 2);
    cluster->write_numbers(topic, 0, 10);
    {
      OutputNode node(*cluster, topic, group, {{"start", "latest"}});
      node.begin();
      REQUIRE(node.until([&] {
        node.turn(100);
        return cluster->committed(group, topic, 0) == 10 && cluster->committed(group, topic, 1) == 0;
      }));
      const auto logs = node.logs();
      CHECK(std::any_of(logs.begin(), logs.end(), [](const LogLine& line) {
        return line.sentence.find("skips 10 offsets of partition 0") != std::string::npos;
      }));
    }
    // Written while nobody reads.
    cluster->write_numbers(topic, 0, 5, 10);
    cluster->write_numbers(topic, 1, 5);
    OutputNode node(*cluster, topic, group, {{"start", "latest"}});
    node.begin();
    REQUIRE(node.until([&] {
      node.turn(100);
      return node.record_count() == 10;
    }));
  }
}

TEST_CASE("a partition that the topic gets later is read from its beginning, whatever start says") {
  auto cluster = TestCluster::real();
  if (cluster == nullptr) return;
  const std::string topic = TestCluster::fresh("grows");
  const std::string group = TestCluster::fresh("g");
  cluster->make_topic(topic, 1);
  cluster->write_numbers(topic, 0, 10);
  const Values latest{{"start", "latest"}, {"options", map({{"topic.metadata.refresh.interval.ms", "500"}})}};
  {
    OutputNode node(*cluster, topic, group, latest);
    node.begin();
    REQUIRE(node.until([&] {
      node.turn(100);
      return cluster->committed(group, topic, 0) == 10;
    }));
    // While it runs.
    cluster->grow_topic(topic, 2);
    // By a client that has not seen the topic before.
    TestCluster::real()->write_numbers(topic, 1, 20);
    const bool is_read = node.until([&] {
      node.turn(100);
      return node.record_count() == 20 && cluster->committed(group, topic, 1) == 20;
    });
    INFO(node.record_count() << " records" << node.story());
    REQUIRE(is_read);
  }
  // While nobody runs.
  cluster->grow_topic(topic, 3);
  TestCluster::real()->write_numbers(topic, 2, 30);
  OutputNode node(*cluster, topic, group, latest);
  node.begin();
  REQUIRE(node.until([&] {
    node.turn(100);
    return node.record_count() == 30;
  }));
}

TEST_CASE("a static member's id is told from others") {
  const std::string uuid = "0f9c3e5a-4a6b-4f0e-9a51-0c4f2d7f8e11";
  CHECK(is_of_instance("one.trades-" + uuid, "one.trades"));
  CHECK_FALSE(is_of_instance("one.trades-" + uuid, "one"));
  CHECK_FALSE(is_of_instance("one.trades-b-" + uuid, "one.trades"));
  CHECK_FALSE(is_of_instance("rdkafka-" + uuid, "one.trades"));
}

TEST_CASE("a commit says how many partitions there were when the group began") {
  CHECK(read_start_mark(start_mark(4)) == 4);
  CHECK_FALSE(read_start_mark("").has_value());
  CHECK_FALSE(read_start_mark("another program's word").has_value());
  CHECK_FALSE(read_start_mark(start_mark(4) + "x").has_value());
  CHECK_FALSE(read_start_mark(start_mark(0)).has_value());
}
