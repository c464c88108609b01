// SPDX-License-Identifier: Apache-2.0
// Many partitions: all are read within one question to each broker, none is called ready before, and an end does not
// wait for answers.
#include <algorithm>

#include "catch.hpp"
#include "group_watch.hpp"
#include "heartbeat.hpp"
#include "output_support.hpp"

using namespace sluice;
using namespace sluice::kafka;
using namespace sluice::testing;
using namespace sluice::kafka::testing;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

constexpr int32_t many = 1000;

bool was_ready(const OutputNode& node) {
  const auto all = node.statuses();
  return std::any_of(all.begin(), all.end(), [](const StatusLine& line) { return line.status == SLUICE_STATUS_READY; });
}

}  // namespace

TEST_CASE("a thousand partitions are read at once, and are ready when all of them are") {
  for (const bool is_real : {false, true}) {
    auto cluster = is_real ? TestCluster::real() : TestCluster::embedded();
    if (cluster == nullptr) return;
    CAPTURE(cluster->option());
    const std::string topic = TestCluster::fresh("thousand");
    cluster->make_topic(topic, many);
    std::vector<Message> messages;
    for (int32_t p = 0; p < many; ++p) messages.push_back({p, "first of " + std::to_string(p)});
    cluster->write(topic, messages);
    OutputNode node(*cluster, topic, TestCluster::fresh("g"), {{"partition_count", many}});
    node.begin();
    size_t open_when_ready = 0;
    REQUIRE(node.until([&] {
      node.turn(10'000);
      if (open_when_ready == 0 && was_ready(node)) open_when_ready = node.open_partitions().size();
      return node.record_count() == many && was_ready(node);
    }));
    CHECK(open_when_ready == many);
  }
}

TEST_CASE("a cluster that falls silent is noticed, also when there is nothing to read") {
  auto cluster = TestCluster::mock();
  const std::string topic = TestCluster::fresh("silent");
  cluster->make_topic(topic, 1);
  Settings settings;
  settings.brokers = cluster->option();
  settings.topic = topic;
  settings.group = "g";
  Result<std::shared_ptr<SideClient>> client = SideClient::make(settings, settings.brokers);
  REQUIRE(client);
  Heartbeat heartbeat(std::move(*client));
  CHECK(heartbeat.is_alive(10s));
  CHECK_FALSE(heartbeat.trouble());
  REQUIRE(heartbeat.topic() != nullptr);
  CHECK(heartbeat.topic()->partitions.size() == 1);
  // It answers after a minute.
  rd_kafka_mock_broker_set_rtt(cluster->log()->mock(), 1, 60'000);
  std::optional<std::string> trouble;
  // It is noticed whoever asks, and however seldom.
  while (!trouble) {
    heartbeat.is_alive(10s);
    trouble = heartbeat.trouble();
  }
  CHECK_THAT(*trouble, Contains(settings.brokers) && Contains("has not answered"));
  // What is read or written counts as well as the heartbeat's own question.
  heartbeat.heard(GroupWatch::now_ns());
  CHECK_FALSE(heartbeat.trouble());
  rd_kafka_mock_broker_set_rtt(cluster->log()->mock(), 1, 0);
}

TEST_CASE("of two processes with one member, the first ends with a sentence and the second reads") {
  auto cluster = TestCluster::real();
  if (cluster == nullptr) return;
  const std::string topic = TestCluster::fresh("twins");
  const std::string group = TestCluster::fresh("g");
  cluster->make_topic(topic, 1);
  cluster->write_numbers(topic, 0, 10);
  const Values options{{"member", "one"}};
  OutputNode first(*cluster, topic, group, options);
  first.begin();
  REQUIRE(first.until([&] {
    first.turn(100);
    return first.record_count() == 10 && first.commits_answered() && !first.commits().empty();
  }));
  OutputNode second(*cluster, topic, group, options);
  second.begin();
  std::string failure;
  REQUIRE(first.until([&] {
    if (failure.empty()) {
      Result<Poll> polled = first.poll(10, 10ms);
      if (!polled) failure = polled.error().message;
    }
    second.turn(100);
    return !failure.empty();
  }));
  CHECK_THAT(failure, Contains("another process reads as member \"one\"") && Contains(group));
  cluster->write_numbers(topic, 0, 5, 10);
  REQUIRE(second.until([&] {
    second.turn(100);
    return second.record_count() == 5;
  }));
  first.crash();
}
