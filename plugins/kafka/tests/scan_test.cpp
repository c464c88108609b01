// SPDX-License-Identifier: Apache-2.0
// All records of a topic, for whoever checks them: on a mock cluster, and on a real broker when KAFKA_BROKERS names
// one.
#include <map>

#include "catch.hpp"
#include "output_cluster.hpp"
#include "sluice/testing/scan.hpp"

using namespace sluice;
using namespace sluice::kafka::testing;
using namespace sluice::testing;
using Catch::Matchers::Contains;

namespace {

Scanned read(const std::string& brokers, const std::string& topic, size_t most = SIZE_MAX) {
  return scan(find_type(sluice_plugin_v1(), "kafka"),
              {{"brokers", brokers}, {"topic", topic}, {"key", "symbol"}, {"group", "nobody"}}, {"s"}, most);
}

void on_each(const std::function<void(TestCluster&)>& test) {
  {
    INFO("mock");
    test(*TestCluster::mock());
  }
  INFO("real");
  if (const auto real = TestCluster::real()) test(*real);
}

}  // namespace

TEST_CASE("every partition is read from its beginning to its end, in order") {
  on_each([](TestCluster& cluster) {
    const std::string topic = TestCluster::fresh("scan");
    cluster.make_topic(topic, 11);
    for (int32_t partition = 0; partition < 10; ++partition) cluster.write_numbers(topic, partition, partition * 300);
    const Scanned found = read(cluster.option(), topic);
    REQUIRE(found.done);
    std::map<std::string, int64_t> next;
    for (const Scanned::Record& record : found.records) {
      int64_t& position = next[record.partition];
      REQUIRE(record.position == position);
      REQUIRE(record.payload == record.partition + "/" + std::to_string(position));
      ++position;
    }
    CHECK(next.size() == 9);
    for (int32_t partition = 1; partition < 10; ++partition) CHECK(next[std::to_string(partition)] == partition * 300);
    CHECK(read(cluster.option(), topic, 1).records.size() < found.records.size());
  });
}

TEST_CASE("tombstones are left out, and the time of a record is its timestamp") {
  on_each([](TestCluster& cluster) {
    const std::string topic = TestCluster::fresh("scan");
    cluster.make_topic(topic, 1);
    const int64_t now_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
            .count();
    cluster.write(topic, {{.value = "a", .time_ms = now_ms}, {.key = "k"}, {.value = "b", .time_ms = now_ms + 1}});
    const Scanned found = read(cluster.option(), topic);
    CHECK(found.done);
    REQUIRE(found.payloads() == std::vector<std::string>{"a", "b"});
    CHECK(found.records[0].stored_ns == now_ms * 1'000'000);
    CHECK(found.records[1].stored_ns == (now_ms + 1) * 1'000'000);
    CHECK(found.records[1].position == 2);
  });
}

TEST_CASE("what was deleted is not waited for, what a transaction aborted is not read") {
  const auto cluster = TestCluster::real();
  if (!cluster) return;
  const std::string topic = TestCluster::fresh("scan");
  cluster->make_topic(topic, 1);
  cluster->write_numbers(topic, 0, 10);
  cluster->delete_records(topic, 0, 4);
  cluster->write_transaction(topic, 0, 5, TestCluster::Transaction::aborted);
  cluster->write_transaction(topic, 0, 3, TestCluster::Transaction::committed);
  const Scanned found = read(cluster->option(), topic);
  CHECK(found.done);
  CHECK(found.records.size() == 9);
  CHECK(found.records.front().position == 4);
  // It ends before what is not decided yet.
  const auto open = cluster->open_transaction(topic, 0, 2);
  CHECK(read(cluster->option(), topic).records.size() == 9);
  open->abort();
}

TEST_CASE("a topic that is not there holds nothing") {
  on_each([](TestCluster& cluster) {
    const Scanned found = read(cluster.option(), TestCluster::fresh("scan"));
    CHECK(found.records.empty());
  });
}

TEST_CASE("the embedded log and a cluster that does not answer are errors") {
  CHECK_THAT(read("embedded", "t").done.error().message, Contains("only inside the process that runs"));
  const Scanned away = read("127.0.0.1:1", "t");
  REQUIRE_FALSE(away.done);
  CHECK_THAT(away.done.error().message, Contains("127.0.0.1:1"));
}
