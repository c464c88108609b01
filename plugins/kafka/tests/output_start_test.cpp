// SPDX-License-Identifier: Apache-2.0
// Where reading begins: the rule alone, and on a real broker with records that are deleted and topics that are made
// anew.
#include "catch.hpp"
#include "output_support.hpp"
#include "start_position.hpp"

using namespace sluice;
using namespace sluice::kafka;
using namespace sluice::testing;
using namespace sluice::kafka::testing;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

Settings settings_with(Start start, Expired expired) {
  Settings settings;
  settings.topic = "binance.trades";
  settings.group = "binance-buffer";
  settings.start = start;
  settings.expired = expired;
  return settings;
}

int64_t offset_of(Result<StartPosition> position) {
  REQUIRE(position);
  return position->offset;
}

/// The error that ends the node, once it comes.
std::string failure_of(OutputNode& node) {
  std::string failure;
  node.until([&] {
    Result<Poll> polled = node.poll(10, 10ms);
    if (!polled) failure = polled.error().message;
    return !failure.empty();
  });
  return failure;
}

}  // namespace

TEST_CASE("without a committed offset reading begins where start says") {
  const Offsets offsets{std::nullopt, 5, 90};
  CHECK(offset_of(start_position(settings_with(Start::earliest, Expired::error), 0, offsets)) == 5);
  CHECK(offset_of(start_position(settings_with(Start::latest, Expired::error), 0, offsets)) == 90);
}

TEST_CASE("a committed offset counts as long as it lies in what is kept") {
  for (const Expired expired : {Expired::error, Expired::earliest, Expired::latest}) {
    const Settings settings = settings_with(Start::latest, expired);
    for (const int64_t committed : {5, 6, 89, 90}) {
      Result<StartPosition> position = start_position(settings, 0, {committed, 5, 90});
      REQUIRE(position);
      CHECK(position->offset == committed);
      CHECK(position->note.empty());
    }
    CHECK(offset_of(start_position(settings, 0, {7, 7, 7})) == 7);
  }
}

TEST_CASE("an offset that is no longer kept needs a word, and says what was there") {
  const Result<StartPosition> refused =
      start_position(settings_with(Start::earliest, Expired::error), 2, {40, 100, 200});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().category == Category::operator_needed);
  CHECK_THAT(refused.error().message, Contains("partition 2 of topic \"binance.trades\"") &&
                                          Contains("binance-buffer") && Contains("offset 40") &&
                                          Contains("100 to 199") && Contains("60 offsets were deleted") &&
                                          Contains("expired: earliest"));
  const Result<StartPosition> oldest =
      start_position(settings_with(Start::latest, Expired::earliest), 2, {40, 100, 200});
  CHECK(offset_of(oldest) == 100);
  CHECK_THAT(oldest->note, Contains("60 offsets were deleted"));
  CHECK(offset_of(start_position(settings_with(Start::earliest, Expired::latest), 2, {40, 100, 200})) == 200);
}

TEST_CASE("an offset beyond the end means another topic of the same name") {
  const Result<StartPosition> refused = start_position(settings_with(Start::earliest, Expired::error), 0, {40, 0, 10});
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message, Contains("0 to 9") && Contains("recreated"));
  CHECK(offset_of(start_position(settings_with(Start::latest, Expired::earliest), 0, {40, 0, 10})) == 0);
}

TEST_CASE("start: latest reads only what comes") {
  auto cluster = TestCluster::embedded();
  const std::string topic = TestCluster::fresh("latest");
  cluster->make_topic(topic, 1);
  cluster->write_numbers(topic, 0, 10);
  OutputNode node(*cluster, topic, "g", {{"start", "latest"}});
  node.begin();
  REQUIRE(node.poll_until([&] { return node.partitions().size() == 1; }));
  CHECK(node.partitions()[0].position == 10);
  cluster->write_numbers(topic, 0, 5, 10);
  REQUIRE(node.poll_until([&] { return node.record_count() == 5; }));
  CHECK(node.payloads().front() == "0/10");
  node.deliver_all();
}

TEST_CASE("records that were deleted before they were read stop a start, unless expired says where to go on") {
  auto cluster = TestCluster::real();
  if (cluster == nullptr) return;
  const std::string topic = TestCluster::fresh("expired");
  cluster->make_topic(topic, 1);
  cluster->write_numbers(topic, 0, 100);
  cluster->set_committed("refuses", topic, 0, 20);
  cluster->set_committed("goes_on", topic, 0, 20);
  cluster->delete_records(topic, 0, 60);
  {
    OutputNode node(*cluster, topic, "refuses");
    node.begin();
    CHECK_THAT(failure_of(node), Contains("offset 20") && Contains("60 to 99") && Contains("expired: earliest"));
    CHECK(node.record_count() == 0);
  }
  CHECK(cluster->committed("refuses", topic, 0) == 20);
  OutputNode node(*cluster, topic, "goes_on", {{"expired", "earliest"}});
  node.begin();
  REQUIRE(node.until([&] {
    node.turn(100);
    return node.record_count() == 40 && node.commits_answered() && !node.commits().empty();
  }));
  CHECK(node.payloads().front() == "0/60");
  REQUIRE(node.until([&] {
    node.turn(100);
    return cluster->committed("goes_on", topic, 0) == 100;
  }));
}

TEST_CASE("records that are deleted while they wait to be read are skipped or stop the graph") {
  auto cluster = TestCluster::real();
  if (cluster == nullptr) return;
  const std::string topic = TestCluster::fresh("overtaken");
  cluster->make_topic(topic, 1);
  cluster->write_numbers(topic, 0, 5);
  // One record ahead is fetched, so what is deleted is not with the client yet.
  const Value little = map({{"queued.min.messages", "1"},
                            {"fetch.max.bytes", "1000"},
                            {"message.max.bytes", "1000"},
                            {"max.partition.fetch.bytes", "600"}});
  for (const bool goes_on : {false, true}) {
    const std::string group = TestCluster::fresh("g");
    Values options{{"options", little}};
    if (goes_on) options.push_back({"expired", "latest"});
    const int64_t end = cluster->write(topic, {{0, "end"}}).at(0) + 1;
    cluster->set_committed(group, topic, 0, end - 1);
    OutputNode node(*cluster, topic, group, options);
    node.begin();
    REQUIRE(node.until([&] {
      node.turn(1);
      return node.record_count() == 1 && node.commits_answered();
    }));
    const std::string large(400, 'x');
    // One by one, as a broker hands out whole sets of records.
    int64_t last = 0;
    for (int i = 0; i < 20; ++i) last = cluster->write(topic, {{0, large}}).at(0);
    REQUIRE(node.until([&] {
      node.turn(0);
      return node.lag("0") > 0;
    }));
    cluster->delete_records(topic, 0, last + 1);
    if (!goes_on) {
      CHECK_THAT(failure_of(node), Contains("deleted before they were read"));
      node.crash();
      continue;
    }
    REQUIRE(node.until([&] {
      node.turn(10);
      const auto logs = node.logs();
      return std::any_of(logs.begin(), logs.end(), [](const LogLine& line) {
        return line.sentence.find("expired: latest") != std::string::npos;
      });
    }));
    cluster->write(topic, {{0, "after"}});
    REQUIRE(node.until([&] {
      node.turn(10);
      return node.payloads().back() == "after" && node.commits_answered();
    }));
  }
}

TEST_CASE("a topic that was made anew is not mistaken for the old one") {
  auto cluster = TestCluster::real();
  if (cluster == nullptr) return;
  const std::string topic = TestCluster::fresh("again");
  cluster->make_topic(topic, 1);
  cluster->write_numbers(topic, 0, 50);
  cluster->set_committed("old", topic, 0, 50);
  cluster->delete_topic(topic);
  cluster->make_topic(topic, 1);
  cluster->write_numbers(topic, 0, 10);
  // Deleting a topic takes its committed offsets along, sooner or later; one that stayed behind must not be believed.
  cluster->set_committed("old", topic, 0, 50);
  OutputNode node(*cluster, topic, "old");
  node.begin();
  CHECK_THAT(failure_of(node), Contains("recreated"));
}

TEST_CASE("a topic that is not there yet is waited for, and read when it is") {
  auto cluster = TestCluster::real();
  if (cluster == nullptr) return;
  const std::string topic = TestCluster::fresh("later");
  OutputNode refused(*cluster, topic, "g", {{"create", false}});
  const Result<void> opened = refused.open();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().category == Category::operator_needed);
  CHECK_THAT(opened.error().message, Contains(topic) && Contains("does not exist"));
  OutputNode node(*cluster, topic, TestCluster::fresh("g"));
  node.begin();
  cluster->write_numbers(topic, 0, 3);
  REQUIRE(node.until([&] {
    node.turn(10);
    return node.record_count() == 3 && node.commits_answered();
  }));
}

TEST_CASE("a broker that does not answer is waited for, with the reason") {
  // A port that nobody listens on.
  TestCluster away("127.0.0.1:1");
  OutputNode node(away, "any", "g");
  node.begin();
  CHECK(node.poll(10, 10ms));
  const auto statuses = node.statuses();
  REQUIRE_FALSE(statuses.empty());
  CHECK(statuses.back().status == SLUICE_STATUS_CONNECTING);
  CHECK_THAT(statuses.back().sentence, Contains("127.0.0.1:1"));
  CHECK(node.stops().empty());
}
