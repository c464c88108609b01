// SPDX-License-Identifier: Apache-2.0
// What the output half says of itself: what is wrong for as long as it is, and no longer.
#include "output_status.hpp"

#include "catch.hpp"
#include "output_support.hpp"

using namespace sluice;
using namespace sluice::kafka;
using namespace sluice::testing;
using namespace sluice::kafka::testing;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

constexpr int16_t fetch_request = 1;
constexpr int16_t offset_fetch_request = 9;
constexpr int16_t heartbeat_request = 12;

constexpr int64_t second = 1'000'000'000;

}  // namespace

TEST_CASE("a coordinator counts as away when it leaves a heartbeat unanswered, however seldom they are") {
  Settings settings;
  settings.brokers = "kafka:9092";
  settings.group = "binance-buffer";
  CHECK_FALSE(coordinator_trouble(settings, {8s, 1s, false}));
  CHECK_THAT(coordinator_trouble(settings, {10s, 1s, false}).value_or(""),
             Contains("coordinator of group \"binance-buffer\" at kafka:9092 has not answered for more than 8 s"));
  CHECK_FALSE(coordinator_trouble(settings, {27s, 20s, false}));
  CHECK(coordinator_trouble(settings, {29s, 20s, false}));
  CHECK_FALSE(coordinator_trouble(settings, {30s, 1s, true}));
  CHECK_THAT(coordinator_trouble(settings, {32s, 1s, true}).value_or(""),
             Contains("request to join group \"binance-buffer\"") && Contains("other members have not joined yet"));
}

TEST_CASE("heartbeats as seldom as options says are no silence") {
  const auto cluster = TestCluster::mock();
  const std::string topic = TestCluster::fresh("seldom");
  cluster->make_topic(topic, 1);
  OutputNode node(*cluster, topic, "g",
                  {{"session_timeout", "60s"}, {"options", map({{"heartbeat.interval.ms", "14000"}})}});
  node.begin();
  REQUIRE(node.until([&] {
    node.turn(10);
    return node.has_status(SLUICE_STATUS_READY, topic);
  }));
  const size_t before = node.statuses().size();
  const auto until = std::chrono::steady_clock::now() + 12s;
  REQUIRE(node.until([&] {
    node.turn(10);
    return std::chrono::steady_clock::now() >= until;
  }));
  INFO(node.story());
  CHECK(node.statuses().size() == before);
}

TEST_CASE("what was not heard while the process stood still is no silence of the cluster") {
  Standstill standstill;
  CHECK(standstill.look(100 * second) == 0);
  CHECK(standstill.look(101 * second) == 0);
  CHECK(standstill.look(103 * second) == 0);
  CHECK(standstill.look(117 * second) == 117 * second);
  CHECK(standstill.look(118 * second) == 117 * second);
}

TEST_CASE("a thread that asks seldom is told of a silence, and of none while the process stood still") {
  Standstill standstill(5 * second);
  standstill.look(100 * second);
  standstill.look(104 * second);
  // Heard last at 100; the process is frozen at 105, and goes on at 200.
  CHECK(standstill.silent_ns(100 * second, 105 * second) == 5 * second);
  CHECK(standstill.silent_ns(104 * second, 200 * second) == 5 * second);
  standstill.look(200 * second);
  CHECK(standstill.silent_ns(104 * second, 201 * second) == second);
  // It runs on, and nothing comes.
  for (int64_t at = 204; at <= 212; at += 4) standstill.look(at * second);
  CHECK(standstill.silent_ns(104 * second, 213 * second) == 13 * second);
  CHECK(standstill.silent_ns(210 * second, 213 * second) == 3 * second);
}

TEST_CASE("a broker has as long to answer as it has led the partition") {
  Leaderships leaderships;
  CHECK(leaderships.since_ns(0, 1, 100) == 100);
  CHECK(leaderships.since_ns(1, 2, 150) == 150);
  CHECK(leaderships.since_ns(0, 1, 200) == 100);
  CHECK(leaderships.since_ns(0, 2, 300) == 300);
  CHECK(leaderships.since_ns(0, 2, 400) == 300);
  CHECK(leaderships.since_ns(1, 2, 400) == 150);
}

TEST_CASE("a partition that is refused at its very end is read again when its broker answers") {
  const auto cluster = TestCluster::embedded();
  const std::string topic = TestCluster::fresh("end");
  cluster->make_topic(topic, 1);
  cluster->write_numbers(topic, 0, 10);
  OutputNode node(*cluster, topic, TestCluster::fresh("g"));
  node.begin();
  REQUIRE(node.until([&] {
    node.turn(100);
    return node.record_count() == 10 && node.has_status(SLUICE_STATUS_READY, topic);
  }));
  constexpr auto why = RD_KAFKA_RESP_ERR_UNKNOWN;
  rd_kafka_mock_push_request_errors(cluster->log()->mock(), fetch_request, 4, why, why, why, why);
  REQUIRE(node.until([&] {
    node.turn(100);
    return node.has_status(SLUICE_STATUS_BLOCKED, "cannot read partition 0");
  }));
  REQUIRE(node.until([&] {
    node.turn(100);
    return node.has_status(SLUICE_STATUS_READY, topic);
  }));
  cluster->write_numbers(topic, 0, 5, 10);
  REQUIRE(node.until([&] {
    node.turn(100);
    return node.record_count() == 15 && node.commits_answered();
  }));
  CHECK(node.payloads().back() == "0/14");
}

TEST_CASE("a topic that is deleted while it is read is not called ready") {
  const auto cluster = TestCluster::real();
  if (cluster == nullptr) return;
  const std::string topic = TestCluster::fresh("gone");
  cluster->make_topic(topic, 1);
  OutputNode node(*cluster, topic, TestCluster::fresh("g"));
  node.begin();
  REQUIRE(node.until([&] {
    node.turn(100);
    return node.has_status(SLUICE_STATUS_READY, topic);
  }));
  cluster->delete_topic(topic);
  CHECK(node.until([&] {
    node.turn(100);
    return node.has_status(SLUICE_STATUS_CONNECTING, topic) && node.has_status(SLUICE_STATUS_CONNECTING, "exist");
  }));
  INFO(node.story());
}

TEST_CASE("what hindered a lookup is not said any more when it has its answer") {
  const auto cluster = TestCluster::mock();
  const std::string topic = TestCluster::fresh("lookup");
  cluster->make_topic(topic, 1);
  Settings settings;
  settings.brokers = cluster->option();
  settings.topic = topic;
  settings.group = "g";
  Result<std::shared_ptr<SideClient>> client = SideClient::make(settings, settings.brokers);
  REQUIRE(client);
  // A question that is put again may leave an answer to the one before unheard, so all are refused.
  constexpr auto why = RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED;
  std::vector<rd_kafka_resp_err_t> all(50, why);
  rd_kafka_mock_push_request_errors_array(cluster->log()->mock(), offset_fetch_request, all.size(), all.data());
  std::atomic<int> changes{0};
  StartLookup lookup(std::move(*client), true, [&] {
    ++changes;
    changes.notify_all();
  });
  lookup.ask({{0, 1, std::nullopt}});
  for (int seen = 0; !lookup.trouble(); seen = changes) changes.wait(seen);
  CHECK_THAT(lookup.trouble()->message, Contains("group \"g\""));
  rd_kafka_mock_clear_request_errors(cluster->log()->mock(), offset_fetch_request);
  size_t answers = 0;
  for (int seen = changes; (answers = lookup.take().size()) == 0; seen = changes) changes.wait(seen);
  CHECK(answers == 1);
  CHECK_FALSE(lookup.trouble());
}

TEST_CASE("a member that the group has put out by itself joins again, and reads on") {
  const auto cluster = TestCluster::mock();
  const std::string topic = TestCluster::fresh("fenced");
  cluster->make_topic(topic, 1);
  cluster->write_numbers(topic, 0, 10);
  OutputNode node(*cluster, topic, TestCluster::fresh("g"), {{"member", "one"}});
  node.begin();
  REQUIRE(node.until([&] {
    node.turn(100);
    return node.record_count() == 10 && node.commits_answered() && !node.commits().empty();
  }));
  rd_kafka_mock_push_request_errors(cluster->log()->mock(), heartbeat_request, 1, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID);
  REQUIRE(node.until([&] {
    node.turn(100);
    return node.partitions().at(0).lost;
  }));
  cluster->write_numbers(topic, 0, 5, 10);
  REQUIRE(node.until([&] {
    node.turn(100);
    return node.payloads().back() == "0/14" && node.commits_answered();
  }));
}
