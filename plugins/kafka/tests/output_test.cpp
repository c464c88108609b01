// SPDX-License-Identifier: Apache-2.0
// The output half on the embedded log: what it makes of records, order and conservation under any credit, commits only
// of what is settled, and replay from the last of them.
#include <map>
#include <random>
#include <set>

#include "catch.hpp"
#include "output_cluster.hpp"
#include "output_support.hpp"

using namespace sluice;
using namespace sluice::testing;
using namespace sluice::kafka::testing;
using namespace std::chrono_literals;

TEST_CASE("a record comes with its key, headers, place and time") {
  auto cluster = TestCluster::embedded();
  const std::string topic = TestCluster::fresh("trades");
  cluster->make_topic(topic, 2);
  cluster->write(topic, {{1, R"({"a":1})", "BTCUSDT", {{"stream", "btcusdt@trade"}}, 1'700'000'000'123}});
  OutputNode node(*cluster, topic, "g", {{"key", "symbol"}});
  node.begin();
  REQUIRE(node.poll_until([&] { return node.record_count() == 1; }));
  const Emission& emission = node.emitted().at(0);
  const RecordCopy& record = emission.records.at(0);
  CHECK(record.payload == R"({"a":1})");
  CHECK(record.text("symbol") == "BTCUSDT");
  CHECK(record.text("stream") == "btcusdt@trade");
  CHECK(record.text("topic") == topic);
  CHECK(record.integer("partition") == 1);
  CHECK(record.integer("offset") == 0);
  CHECK(record.receive_time_ns == 1'700'000'000'123'000'000);
  CHECK(emission.end == 1);
  node.deliver_all();
}

TEST_CASE("a record without key, header or value is a record all the same") {
  auto cluster = TestCluster::embedded();
  const std::string topic = TestCluster::fresh("bare");
  cluster->make_topic(topic, 1);
  const std::string long_key(300, 'k');
  cluster->write(topic, {{0, "plain"}, {0, std::nullopt, "key"}, {0, "", long_key}});
  OutputNode node(*cluster, topic, "g", {{"key", "symbol"}, {"tombstones", "record"}});
  node.begin();
  REQUIRE(node.poll_until([&] { return node.record_count() == 3; }));
  CHECK(node.payloads() == std::vector<std::string>{"plain", "", ""});
  const std::vector<RecordCopy> records = node.all_records();
  CHECK(records[0].attribute("symbol") == nullptr);
  CHECK(records[0].attribute("stream") == nullptr);
  CHECK(records[1].text("symbol") == "key");
  CHECK(records[2].text("symbol") == long_key);
  node.deliver_all();
}

TEST_CASE("under any credit all records come once, in the order of their partition") {
  auto cluster = TestCluster::embedded();
  const std::string topic = TestCluster::fresh("order");
  constexpr int partitions = 3;
  constexpr int each = 2000;
  cluster->make_topic(topic, partitions);
  for (int p = 0; p < partitions; ++p) cluster->write_numbers(topic, p, each);
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    OutputNode node(*cluster, topic, TestCluster::fresh("g"));
    node.begin();
    std::mt19937_64 random(seed);
    std::map<int64_t, int64_t> next;
    size_t seen = 0;
    const bool all_came = node.until([&] {
      const uint64_t credit = random() % 4 == 0 ? 0 : random() % 700;
      const uint64_t bytes = random() % 4 == 0 ? 1 + random() % 50 : 1 << 20;
      const size_t before = node.record_count();
      node.must_poll(credit, 20ms, bytes);
      REQUIRE(node.record_count() - before <= credit);
      for (const RecordCopy& record : node.records_from(seen)) {
        const int64_t partition = record.integer("partition").value();
        REQUIRE(record.integer("offset") == next[partition]);
        REQUIRE(record.payload == std::to_string(partition) + "/" + std::to_string(next[partition]));
        ++next[partition];
        ++seen;
      }
      return seen == partitions * each;
    });
    REQUIRE(all_came);
    node.deliver_all();
  }
}

TEST_CASE("nothing is committed beyond what is settled, and the next one reads on from there") {
  auto cluster = TestCluster::embedded();
  const std::string topic = TestCluster::fresh("replay");
  const std::string group = TestCluster::fresh("g");
  constexpr int partitions = 2;
  constexpr int each = 1500;
  cluster->make_topic(topic, partitions);
  for (int p = 0; p < partitions; ++p) cluster->write_numbers(topic, p, each);
  std::mt19937_64 random(7);
  std::map<int64_t, std::set<int64_t>> settled;
  std::map<int64_t, int64_t> committed;
  for (int life = 0; life < 6; ++life) {
    OutputNode node(*cluster, topic, group);
    node.begin();
    std::map<int64_t, int64_t> first;
    size_t seen = 0;
    const bool last = life == 5;
    const size_t enough = last ? SIZE_MAX : 300 + random() % 400;
    node.until([&] {
      node.must_poll(1 + random() % 60, 20ms);
      for (const RecordCopy& record : node.records_from(seen)) {
        first.try_emplace(record.integer("partition").value(), record.integer("offset").value());
        ++seen;
      }
      for (Emission& emission : node.emitted()) {
        if (!emission.is_open() || (!last && random() % 3 == 0)) continue;
        emission.deliver();
        const int64_t partition = emission.records.at(0).integer("partition").value();
        for (const RecordCopy& record : emission.records) settled[partition].insert(record.integer("offset").value());
      }
      node.commit_settled();
      size_t all = 0;
      for (const auto& [partition, offsets] : settled) all += offsets.size();
      return seen >= enough || (last && all == partitions * each && node.commits_answered());
    });
    // Each life began at the last commit of the one before it.
    for (const auto& [partition, offset] : first) CHECK(offset == committed[partition]);
    node.until([&] {
      node.must_poll(0, 10ms);
      return node.commits_answered();
    });
    for (int p = 0; p < partitions; ++p) {
      committed[p] = cluster->committed(group, topic, p).value_or(0);
      for (int64_t offset = 0; offset < committed[p]; ++offset) REQUIRE(settled[p].contains(offset));
    }
    node.crash();
  }
  for (int p = 0; p < partitions; ++p) {
    CHECK(settled[p].size() == each);
    CHECK(committed[p] == each);
  }
}

TEST_CASE("the lag is what the group has not been given") {
  auto cluster = TestCluster::embedded();
  const std::string topic = TestCluster::fresh("lag");
  cluster->make_topic(topic, 1);
  cluster->write_numbers(topic, 0, 100);
  OutputNode node(*cluster, topic, "g");
  node.begin();
  REQUIRE(node.until([&] {
    node.must_poll(30 - node.record_count(), 10ms);
    return node.record_count() == 30;
  }));
  node.deliver_all();
  REQUIRE(node.poll_until([&] { return node.lag("0") == 70; }, 0));
  REQUIRE(node.poll_until([&] { return node.record_count() == 100; }));
  REQUIRE(node.poll_until([&] { return node.lag("0") == 0; }, 0));
  node.deliver_all();
}

TEST_CASE("the lag grows while nothing is read") {
  auto cluster = TestCluster::embedded();
  const std::string topic = TestCluster::fresh("growing");
  cluster->make_topic(topic, 1);
  cluster->write_numbers(topic, 0, 50);
  // So little is fetched ahead that nothing is fetched while it waits.
  OutputNode node(*cluster, topic, "g", {{"options", map({{"queued.min.messages", "1"}})}});
  node.begin();
  REQUIRE(node.poll_until([&] { return node.lag("0") == 50; }, 0));
  cluster->write_numbers(topic, 0, 70, 50);
  REQUIRE(node.until([&] {
    node.must_poll(0, 20ms);
    return node.lag("0") == 120;
  }));
}
