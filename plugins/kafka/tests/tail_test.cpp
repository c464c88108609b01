// SPDX-License-Identifier: Apache-2.0
// The newest records of a topic, as the input half gives them to a source that wants to know where it stopped: on the
// embedded log, and on a real broker when KAFKA_BROKERS names one.
#include <map>

#include "catch.hpp"
#include "output_cluster.hpp"
#include "sluice/testing/harness.hpp"

using namespace sluice;
using namespace sluice::kafka::testing;
using namespace sluice::testing;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

using Payloads = std::vector<std::string>;

/// An input half, and what its tail gave.
class InputNode : public Harness {
 public:
  InputNode(const std::string& brokers, const std::string& topic)
      : Harness(find_type(sluice_plugin_v1(), "kafka"),
                {{"brokers", brokers}, {"topic", topic}, {"key", "symbol"}, {"partition_count", 1}}, as_input()) {}

  Result<void> read(TailQuery query = {.records = 100'000, .bytes = 64 << 20}, nanoseconds within = 1min) {
    return tail(
        query,
        [this](const Tail& tail) {
          Payloads& payloads = by_partition[tail.partition];
          for (const RecordCopy& record : tail.records) payloads.push_back(record.payload);
          if (!tail.records.empty()) last = tail.records.front();
          return enough ? enough(tail.partition, payloads) : TailWants::more;
        },
        within);
  }
  size_t count() const {
    size_t sum = 0;
    for (const auto& [partition, payloads] : by_partition) sum += payloads.size();
    return sum;
  }

  std::map<std::string, Payloads> by_partition;
  std::optional<RecordCopy> last;
  std::function<TailWants(const std::string&, const Payloads&)> enough = nullptr;

 private:
  static Setup as_input() {
    Setup setup;
    setup.role = SLUICE_ROLE_RELAY_INPUT;
    setup.attributes = {"symbol", "stream", "offset"};
    return setup;
  }
};

/// As write_numbers makes them, the newest first.
Payloads numbers(int32_t partition, int newest, int oldest = 0) {
  Payloads payloads;
  for (int i = newest; i >= oldest; --i) payloads.push_back(std::to_string(partition) + "/" + std::to_string(i));
  return payloads;
}

/// The embedded log, and then a real broker.
void on_each(const std::function<void(TestCluster&)>& test) {
  {
    INFO("embedded");
    test(*TestCluster::embedded());
  }
  INFO("real");
  if (const auto real = TestCluster::real()) test(*real);
}

/// Each of the partitions has so many.
std::string topic_with(TestCluster& cluster, int32_t partitions, int count) {
  const std::string topic = TestCluster::fresh("tail");
  cluster.make_topic(topic, partitions);
  for (int32_t partition = 0; partition < partitions; ++partition) cluster.write_numbers(topic, partition, count);
  return topic;
}

}  // namespace

TEST_CASE("each partition gives its newest records first, all of them where it has few") {
  on_each([](TestCluster& cluster) {
    const std::string topic = TestCluster::fresh("tail");
    cluster.make_topic(topic, 11);
    for (int32_t partition = 0; partition < 10; ++partition) cluster.write_numbers(topic, partition, partition * 20);
    InputNode node(cluster.option(), topic);
    REQUIRE(node.open());
    CHECK(node.read());
    // The first and the last are empty.
    CHECK(node.by_partition.size() == 9);
    for (int32_t partition = 1; partition < 10; ++partition) {
      CHECK(node.by_partition[std::to_string(partition)] == numbers(partition, partition * 20 - 1));
    }
  });
}

TEST_CASE("a partition is read back only as far as who asks wants it") {
  on_each([](TestCluster& cluster) {
    const std::string topic = topic_with(cluster, 2, 3000);
    InputNode node(cluster.option(), topic);
    REQUIRE(node.open());
    node.enough = [](const std::string& partition, const Payloads& payloads) {
      if (partition == "0") return TailWants::enough_of_partition;
      return payloads.size() > 500 ? TailWants::enough : TailWants::more;
    };
    CHECK(node.read());
    const Payloads first = node.by_partition["0"];
    const Payloads second = node.by_partition["1"];
    CHECK(first == numbers(0, 2999, 3000 - static_cast<int>(first.size())));
    CHECK(second == numbers(1, 2999, 3000 - static_cast<int>(second.size())));
    CHECK(first.size() < 500);
    CHECK(second.size() > 500);
    CHECK(second.size() < 3000);
  });
}

TEST_CASE("all partitions are read back equally far, as what is wanted may lie in the last one") {
  on_each([](TestCluster& cluster) {
    const std::string topic = topic_with(cluster, 10, 1000);
    InputNode node(cluster.option(), topic);
    REQUIRE(node.open());
    node.enough = [](const std::string& partition, const Payloads& payloads) {
      return partition == "9" && payloads.size() > 100 ? TailWants::enough : TailWants::more;
    };
    CHECK(node.read());
    CHECK(node.by_partition["9"].size() > 100);
    for (int32_t partition = 0; partition < 9; ++partition) {
      CHECK(node.by_partition[std::to_string(partition)].size() < 1000);
    }
  });
}

TEST_CASE("a partition is read back only as far as the query says") {
  on_each([](TestCluster& cluster) {
    const std::string topic = topic_with(cluster, 2, 3000);
    InputNode node(cluster.option(), topic);
    REQUIRE(node.open());
    CHECK(node.read({.records = 700, .bytes = 1 << 20}));
    CHECK(node.by_partition["0"] == numbers(0, 2999, 2300));
    CHECK(node.by_partition["1"] == numbers(1, 2999, 2300));
  });
}

TEST_CASE("records have the attributes that were stored with them") {
  on_each([](TestCluster& cluster) {
    const std::string topic = TestCluster::fresh("tail");
    cluster.make_topic(topic, 1);
    cluster.write(topic, {{0, "{}", "BTCUSDT", {{"stream", "btcusdt@trade"}}}});
    InputNode node(cluster.option(), topic);
    REQUIRE(node.open());
    CHECK(node.read());
    REQUIRE(node.last);
    CHECK(node.last->text("symbol") == "BTCUSDT");
    CHECK(node.last->text("stream") == "btcusdt@trade");
    CHECK(node.last->integer("offset") == 0);
  });
}

TEST_CASE("what has no value is no record, and offsets that retention took are not waited for") {
  on_each([](TestCluster& cluster) {
    const std::string topic = TestCluster::fresh("tail");
    cluster.make_topic(topic, 1);
    cluster.write_numbers(topic, 0, 150);
    std::vector<Message> tombstones(200);
    for (Message& message : tombstones) message.key = "k";
    cluster.write(topic, tombstones);
    if (cluster.is_real()) cluster.delete_records(topic, 0, 100);
    InputNode node(cluster.option(), topic);
    REQUIRE(node.open());
    CHECK(node.read());
    CHECK(node.by_partition["0"] == numbers(0, 149, cluster.is_real() ? 100 : 0));
  });
}

TEST_CASE("marks of transactions and what they aborted lie at the end, and are passed") {
  const auto cluster = TestCluster::real();
  if (cluster == nullptr) return;
  const std::string topic = TestCluster::fresh("tail");
  cluster->make_topic(topic, 2);
  cluster->write_numbers(topic, 0, 10);
  cluster->write_transaction(topic, 0, 20, TestCluster::Transaction::committed);
  cluster->write_transaction(topic, 0, 2000, TestCluster::Transaction::aborted);
  cluster->write_transaction(topic, 1, 5, TestCluster::Transaction::aborted);
  const auto open = cluster->open_transaction(topic, 0, 3);
  InputNode node(cluster->option(), topic);
  REQUIRE(node.open());
  CHECK(node.read());
  Payloads expected;
  for (int i = 19; i >= 0; --i) expected.push_back("t/" + std::to_string(i));
  for (const std::string& payload : numbers(0, 9)) expected.push_back(payload);
  CHECK(node.by_partition["0"] == expected);
  CHECK(node.count() == expected.size());
  open->abort();
}

TEST_CASE("many partitions are read in turn") {
  on_each([](TestCluster& cluster) {
    const std::string topic = TestCluster::fresh("tail");
    cluster.make_topic(topic, 60);
    std::vector<Message> messages;
    for (int32_t partition = 0; partition < 60; ++partition) messages.push_back({partition, "x", "k"});
    cluster.write(topic, messages);
    InputNode node(cluster.option(), topic);
    REQUIRE(node.open());
    CHECK(node.read());
    CHECK(node.by_partition.size() == 60);
    CHECK(node.count() == 60);
  });
}

TEST_CASE("it reads beside the writer, and disturbs it not") {
  on_each([](TestCluster& cluster) {
    const std::string topic = TestCluster::fresh("tail");
    cluster.make_topic(topic, 1);
    cluster.write_numbers(topic, 0, 3);
    InputNode node(cluster.option(), topic);
    node.begin();
    REQUIRE(node.write({Input("new", {{"symbol", "A"}})}));
    CHECK(node.read());
    CHECK(node.by_partition["0"].size() >= 3);
    CHECK(node.await([&] { return node.owned_batches() == 0; }));
  });
}

TEST_CASE("a cluster that does not answer is an error that names it") {
  InputNode node("127.0.0.1:1", "nowhere");
  REQUIRE(node.open());
  const Result<void> read = node.read({.records = 10, .bytes = 1 << 20}, 200ms);
  REQUIRE_FALSE(read);
  CHECK(read.error().category == Category::transient);
  CHECK_THAT(read.error().message, Contains("127.0.0.1:1") && Contains("nowhere"));
}
