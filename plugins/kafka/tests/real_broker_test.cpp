// SPDX-License-Identifier: Apache-2.0
// What only a real broker does: making topics, keeping their configuration, refusing records. Needs KAFKA_BROKERS.
#include <algorithm>
#include <cstdlib>

#include "skip.hpp"
#include "support.hpp"
#include "topic.hpp"
#include "topic_facts.hpp"

using namespace kafka_test;

namespace {

/// Empty where there is none; the test is then skipped.
std::string real_brokers() {
  const char* brokers = std::getenv("KAFKA_BROKERS");
  if (brokers != nullptr && *brokers != '\0') return brokers;
  sluice_test::skip_without("a broker (KAFKA_BROKERS)");
  return {};
}

std::string fresh_topic() {
  static int count = 0;
  const auto now = std::chrono::system_clock::now().time_since_epoch().count();
  return "sluice-test-" + std::to_string(now) + "-" + std::to_string(++count);
}

/// A person's own hand on the cluster.
class Admin {
 public:
  explicit Admin(const std::string& brokers) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", brokers.c_str(), nullptr, 0);
    client_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, nullptr, 0);
    queue_ = rd_kafka_queue_new(client_);
  }
  Admin(const Admin&) = delete;
  ~Admin() {
    rd_kafka_queue_destroy(queue_);
    rd_kafka_destroy(client_);
  }
  void create(const std::string& topic, int partitions, const std::map<std::string, std::string>& config = {}) {
    rd_kafka_NewTopic_t* made = rd_kafka_NewTopic_new(topic.c_str(), partitions, 1, nullptr, 0);
    for (const auto& [name, value] : config) rd_kafka_NewTopic_set_config(made, name.c_str(), value.c_str());
    rd_kafka_CreateTopics(client_, &made, 1, nullptr, queue_);
    rd_kafka_NewTopic_destroy(made);
    answer();
  }
  void alter(const std::string& topic, const char* name, const std::string& value) {
    rd_kafka_ConfigResource_t* resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str());
    rd_kafka_ConfigResource_set_config(resource, name, value.c_str());
    rd_kafka_AlterConfigs(client_, &resource, 1, nullptr, queue_);
    rd_kafka_ConfigResource_destroy(resource);
    answer();
  }
  void remove(const std::string& topic) {
    rd_kafka_DeleteTopic_t* gone = rd_kafka_DeleteTopic_new(topic.c_str());
    rd_kafka_DeleteTopics(client_, &gone, 1, nullptr, queue_);
    rd_kafka_DeleteTopic_destroy(gone);
    answer();
    // The controller answers before the broker has let go of it.
    const auto until = std::chrono::steady_clock::now() + 30s;
    while (true) {
      const auto facts = sluice::kafka::ask_topic(client_, real_brokers(), topic, 5s);
      if (facts && !*facts) return;
      if (std::chrono::steady_clock::now() > until) throw std::runtime_error(topic + " does not go");
    }
  }

 private:
  void answer() {
    rd_kafka_event_t* event = rd_kafka_queue_poll(queue_, 20'000);
    if (event == nullptr) throw std::runtime_error("no answer from the broker");
    const std::string why = rd_kafka_event_error(event) == 0 ? "" : rd_kafka_event_error_string(event);
    rd_kafka_event_destroy(event);
    if (!why.empty()) throw std::runtime_error(why);
  }
  rd_kafka_t* client_;
  rd_kafka_queue_t* queue_;
};

Values options_for(const std::string& brokers, const std::string& topic, Values more = {}) {
  return with({{"brokers", brokers},
               {"topic", topic},
               {"key", "symbol"},
               {"partitions", map({{"BTCUSDT", 0}, {"ETHUSDT", 1}})},
               {"linger", "1ms"}},
              std::move(more));
}

Input btc(const std::string& payload) { return Input(payload, {{"symbol", "BTCUSDT"}}); }

sluice::kafka::Settings settings_for(const std::string& brokers, const std::string& topic) {
  sluice::kafka::Settings settings;
  settings.brokers = brokers;
  settings.topic = topic;
  settings.retention_ms = 3'600'000;
  settings.has_retention = true;
  settings.partition_count = 2;
  return settings;
}

const std::atomic<bool> never{false};

}  // namespace

TEST_CASE("a missing topic is made as the graph says, and found again") {
  const std::string brokers = real_brokers();
  if (brokers.empty()) return;
  const std::string topic = fresh_topic();
  const auto settings = settings_for(brokers, topic);
  const auto made = sluice::kafka::ensure_topic(settings, 10s, never);
  REQUIRE(made);
  CHECK(made->was_made);
  CHECK(made->partition_count == 2);
  CHECK(made->retention_ms == 3'600'000);
  CHECK(made->max_message_bytes);
  CHECK(made->differences.empty());
  const auto found = sluice::kafka::ensure_topic(settings, 10s, never);
  REQUIRE(found);
  CHECK_FALSE(found->was_made);
  CHECK(found->differences.empty());
}

TEST_CASE("a topic that differs is named, and stays as it is") {
  const std::string brokers = real_brokers();
  if (brokers.empty()) return;
  Admin admin(brokers);
  const std::string topic = fresh_topic();
  admin.create(topic, 3, {{"retention.ms", "172800000"}});
  auto settings = settings_for(brokers, topic);
  settings.has_partition_count = true;
  const auto found = sluice::kafka::ensure_topic(settings, 10s, never);
  REQUIRE(found);
  const std::string subject = "topic \"" + topic + "\" at " + brokers;
  CHECK(found->differences ==
        std::vector<std::string>{subject + " has 3 partitions, and partition_count says 2",
                                 subject + " keeps records for 2d, and the graph says 1h; it stays as it is"});
}

TEST_CASE("a missing topic that may not be made is an error that says so") {
  const std::string brokers = real_brokers();
  if (brokers.empty()) return;
  const std::string topic = fresh_topic();
  Harness node(kafka_type(), options_for(brokers, topic, {{"create", false}}), as_input());
  const auto opened = node.open();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().category == sluice::Category::operator_needed);
  CHECK(opened.error().message ==
        "topic \"" + topic + "\" does not exist at " + brokers + "; make it, or say create: true");
}

TEST_CASE("records reach a real broker with key, header and time") {
  const std::string brokers = real_brokers();
  if (brokers.empty()) return;
  const std::string topic = fresh_topic();
  Harness node(kafka_type(), options_for(brokers, topic), as_input());
  node.begin();
  must(node.write(
      {Input(R"({"t":1})", {{"symbol", "ETHUSDT"}, {"stream", "ethusdt@trade"}}, 1'723'161'255'342'000'000), btc("")}));
  REQUIRE(all_settled(node));
  CHECK(node.settled(SLUICE_DELIVERED) == 2);
  const std::vector<Stored> stored = read_topic(brokers, topic, 2);
  REQUIRE(stored.size() == 2);
  CHECK(stored[0].key == "BTCUSDT");
  CHECK(stored[0].payload.empty());
  CHECK(stored[0].headers.empty());
  CHECK(stored[1].payload == R"({"t":1})");
  CHECK(stored[1].timestamp_ms == 1'723'161'255'342);
  CHECK(stored[1].headers == std::map<std::string, std::string>{{"stream", "ethusdt@trade"}});
}

TEST_CASE("what a topic's limit refuses is refused alone, also when the limit changes") {
  const std::string brokers = real_brokers();
  if (brokers.empty()) return;
  Admin admin(brokers);
  const std::string topic = fresh_topic();
  admin.create(topic, 2, {{"max.message.bytes", "3000"}});
  Harness node(kafka_type(), options_for(brokers, topic, {{"options", map({{"compression.codec", "none"}})}}),
               as_input());
  node.begin();
  std::vector<std::string> wanted;
  const auto write = [&](size_t size, bool is_kept) {
    const std::string payload = std::to_string(wanted.size()) + std::string(size, 'x');
    must(node.write({btc(payload)}));
    if (is_kept) wanted.push_back(payload);
  };
  for (int i = 0; i < 20; ++i) write(i == 7 ? 5000 : 1000, i != 7);
  REQUIRE(all_settled(node));
  CHECK(node.settled(SLUICE_FAILED) == 1);
  admin.alter(topic, "max.message.bytes", "1500");
  // Until the broker goes by it.
  const auto until = std::chrono::steady_clock::now() + 60s;
  while (node.settled(SLUICE_FAILED) == 1) {
    REQUIRE(std::chrono::steady_clock::now() < until);
    must(node.write({Input(std::string(2000, 'y'), {{"symbol", "ETHUSDT"}})}));
    REQUIRE(all_settled(node));
  }
  for (int i = 0; i < 20; ++i) write(i == 7 ? 2000 : 1000, i != 7);
  REQUIRE(all_settled(node));
  CHECK(node.settled(SLUICE_FAILED) == 3);
  std::vector<std::string> payloads;
  for (const Stored& each : read_topic(brokers, topic, 2)) {
    if (each.partition == 0) payloads.push_back(each.payload);
  }
  CHECK(payloads == wanted);
}

TEST_CASE("a topic that is deleted is made again, and what was on its way comes") {
  const std::string brokers = real_brokers();
  if (brokers.empty()) return;
  Admin admin(brokers);
  const std::string topic = fresh_topic();
  Harness node(kafka_type(),
               options_for(brokers, topic,
                           {{"options", map({{"topic.metadata.propagation.max.ms", "500"},
                                             {"topic.metadata.refresh.interval.ms", "200"}})}}),
               as_input());
  node.begin();
  must(node.write({btc("1")}));
  REQUIRE(all_settled(node));
  admin.remove(topic);
  must(node.write({btc("2")}));
  must(node.write({btc("3")}));
  REQUIRE(all_settled(node));
  CHECK(node.settled(SLUICE_DELIVERED) == 3);
  std::vector<std::string> payloads;
  for (const Stored& each : read_topic(brokers, topic, 2)) payloads.push_back(each.payload);
  CHECK(payloads == std::vector<std::string>{"2", "3"});
}

TEST_CASE("a refused record of a compacted topic leaves the others") {
  const std::string brokers = real_brokers();
  if (brokers.empty()) return;
  Admin admin(brokers);
  const std::string topic = fresh_topic();
  admin.create(topic, 1, {{"cleanup.policy", "compact"}});
  Harness node(kafka_type(), {{"brokers", brokers}, {"topic", topic}, {"key", "symbol"}, {"linger", "20ms"}},
               as_input());
  node.begin();
  must(node.write({btc("1"), Input("without a key"), btc("2")}));
  must(node.write({btc("3")}));
  REQUIRE(all_settled(node));
  CHECK(node.settled(SLUICE_DELIVERED) == 3);
  REQUIRE(node.settled(SLUICE_FAILED) == 1);
  const auto settlements = node.settlements();
  const auto refused = std::find_if(settlements.begin(), settlements.end(),
                                    [](const Settlement& each) { return each.verdict == SLUICE_FAILED; });
  CHECK(refused->record.payload == "without a key");
  CHECK(refused->code == "INVALID_RECORD");
  std::vector<std::string> payloads;
  for (const Stored& each : read_topic(brokers, topic, 1)) payloads.push_back(each.payload);
  CHECK(payloads == std::vector<std::string>{"1", "2", "3"});
}

namespace {

int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

constexpr int64_t day_ns = 86'400'000'000'000;

std::vector<std::string> payloads_of(const std::string& brokers, const std::string& topic, int partitions = 1) {
  std::vector<std::string> payloads;
  for (const Stored& each : read_topic(brokers, topic, partitions)) payloads.push_back(each.payload);
  return payloads;
}

bool was(const Harness& node, uint32_t status) {
  const auto lines = node.statuses();
  return std::any_of(lines.begin(), lines.end(), [&](const StatusLine& line) { return line.status == status; });
}

}  // namespace

TEST_CASE("records that are refused in a row settle alone, and good ones keep their order") {
  const std::string brokers = real_brokers();
  if (brokers.empty()) return;
  Admin admin(brokers);
  const std::string topic = fresh_topic();
  const char* code = "INVALID_TIMESTAMP";
  Values options{{"brokers", brokers}, {"topic", topic}};
  bool is_by_time = true;
  SECTION("by their time") { admin.create(topic, 1, {{"message.timestamp.before.max.ms", "86400000"}}); }
  SECTION("without a key in a compacted topic") {
    admin.create(topic, 1, {{"cleanup.policy", "compact"}});
    code = "INVALID_RECORD";
    options.push_back({"key", "symbol"});
    is_by_time = false;
  }
  Harness node(kafka_type(), options, as_input());
  node.begin();
  const auto is_bad = [](int i) { return (i >= 900 && i < 940) || i == 0 || i == 1999 || i == 1200; };
  std::vector<std::string> wanted;
  for (int i = 0; i < 2000; i += 100) {
    std::vector<Input> batch;
    for (int k = i; k < i + 100; ++k) {
      const std::string payload = std::to_string(k);
      if (!is_bad(k)) wanted.push_back(payload);
      const int64_t time = is_by_time && is_bad(k) ? now_ns() - 1000 * day_ns : now_ns();
      batch.push_back(!is_by_time && is_bad(k) ? Input(payload, {}, time)
                                               : Input(payload, {{"symbol", "BTCUSDT"}}, time));
    }
    must(node.write(batch));
  }
  REQUIRE(all_settled(node));
  CHECK(node.settled(SLUICE_DELIVERED) == 1957);
  CHECK(node.settled(SLUICE_FAILED) == 43);
  for (const Settlement& each : node.settlements()) {
    if (each.verdict != SLUICE_FAILED) continue;
    CHECK(each.category == sluice::Category::permanent);
    CHECK(each.code == code);
    CHECK(is_bad(std::stoi(each.record.payload)));
  }
  CHECK(payloads_of(brokers, topic) == wanted);
  for (const StatusLine& line : node.statuses()) UNSCOPED_INFO(line.sentence);
  CHECK_FALSE(was(node, SLUICE_STATUS_CONNECTING));
  CHECK_FALSE(was(node, SLUICE_STATUS_BLOCKED));
  // A set that is refused costs a producer and another to look at it; not each record.
  CHECK(node.metric("producer_recoveries_total") <= 6);
}

TEST_CASE("a topic that refuses the present is waited for, with the times that differ") {
  const std::string brokers = real_brokers();
  if (brokers.empty()) return;
  Admin admin(brokers);
  const std::string topic = fresh_topic();
  admin.create(topic, 1);
  Harness node(kafka_type(), {{"brokers", brokers}, {"topic", topic}}, as_input());
  node.begin();
  must(node.write({Input("0", {}, now_ns())}));
  REQUIRE(all_settled(node));
  admin.alter(topic, "message.timestamp.before.max.ms", "1");
  // Until the broker goes by it.
  std::vector<std::string> wanted{"0"};
  const auto until = std::chrono::steady_clock::now() + 60s;
  while (!was(node, SLUICE_STATUS_BLOCKED)) {
    REQUIRE(std::chrono::steady_clock::now() < until);
    wanted.push_back(std::to_string(wanted.size()));
    must(node.write({Input(wanted.back(), {}, now_ns() - 1'000'000'000)}));
    node.await([&] { return node.owned_batches() == 0 || was(node, SLUICE_STATUS_BLOCKED); }, 30s);
  }
  for (int i = 0; i < 10; ++i) {
    wanted.push_back(std::to_string(wanted.size()));
    must(node.write({Input(wanted.back(), {}, now_ns() - 1'000'000'000)}));
  }
  const auto limit_is_named = [&] {
    const std::string sentence = node.statuses().back().sentence;
    return sentence.find("message.timestamp.before.max.ms=1)") != std::string::npos &&
           sentence.find("behind this machine's clock") != std::string::npos;
  };
  CHECK(node.await(limit_is_named, 30s));
  CHECK(node.settled(SLUICE_FAILED) == 0);
  admin.alter(topic, "message.timestamp.before.max.ms", "3600000");
  REQUIRE(all_settled(node));
  CHECK(node.settled(SLUICE_FAILED) == 0);
  CHECK(payloads_of(brokers, topic) == wanted);
  CHECK(node.statuses().back().status == SLUICE_STATUS_READY);
  CHECK_FALSE(was(node, SLUICE_STATUS_CONNECTING));
}

TEST_CASE("a topic that refuses every time is waited for, too") {
  const std::string brokers = real_brokers();
  if (brokers.empty()) return;
  Admin admin(brokers);
  const std::string topic = fresh_topic();
  admin.create(topic, 1, {{"message.timestamp.after.max.ms", "3600000"}});
  Harness node(kafka_type(), {{"brokers", brokers}, {"topic", topic}}, as_input());
  node.begin();
  for (int i = 0; i < 150; ++i) must(node.write({Input(std::to_string(i), {}, now_ns() + day_ns)}));
  REQUIRE(node.await([&] { return was(node, SLUICE_STATUS_BLOCKED); }, 60s));
  CHECK(node.settled(SLUICE_FAILED) == 100);
  const std::string sentence = node.statuses().back().sentence;
  CHECK(sentence.find("ahead of this machine's clock") != std::string::npos);
  CHECK(sentence.find("message.timestamp.after.max.ms=3600000") != std::string::npos);
  admin.alter(topic, "message.timestamp.after.max.ms", "172800000");
  REQUIRE(all_settled(node));
  CHECK(node.settled(SLUICE_DELIVERED) == 50);
  CHECK(node.settled(SLUICE_FAILED) == 100);
}

TEST_CASE("a dead letter is stored where its own time would be refused") {
  const std::string brokers = real_brokers();
  if (brokers.empty()) return;
  Admin admin(brokers);
  const std::string topic = fresh_topic();
  admin.create(topic, 1, {{"message.timestamp.before.max.ms", "3600000"}});
  Harness node(kafka_type(), {{"brokers", brokers}, {"topic", topic}}, as_input({"reject_reason"}));
  node.begin();
  must(node.write({Input("old", {{"reject_reason", "too old"}}, now_ns() - 1000 * day_ns)}));
  REQUIRE(all_settled(node));
  CHECK(node.settled(SLUICE_DELIVERED) == 1);
  CHECK(payloads_of(brokers, topic) == std::vector<std::string>{"old"});
}
