// SPDX-License-Identifier: Apache-2.0
// What the input half writes is in the topic: keys, partitions, headers, times, order; and what it cannot write is
// refused by name while the rest is there.
#include <algorithm>

#include "support.hpp"

using namespace kafka_test;

namespace {

Values mock_options(const Cluster& cluster, Values more = {}) {
  return with({{"brokers", cluster.brokers()},
               {"topic", "trades"},
               {"key", "symbol"},
               {"partitions", map({{"BTCUSDT", 0}, {"ETHUSDT", 1}, {"BNBUSDT", 2}})},
               {"linger", "1ms"},
               {"create", false}},
              std::move(more));
}

Input record(int64_t id, const char* symbol) {
  return Input(R"({"t":)" + std::to_string(id) + "}", {{"symbol", symbol}, {"stream", std::string(symbol) + "@trade"}},
               1'723'161'255'342'000'000 + id * 1'000'000);
}

std::vector<std::string> payloads(const Cluster& cluster) {
  std::vector<std::string> all;
  for (const Stored& each : read_topic(cluster.brokers(), "trades", 3)) all.push_back(each.payload);
  return all;
}

std::vector<std::string> numbered(int64_t count) {
  std::vector<std::string> all;
  for (int64_t id = 0; id < count; ++id) all.push_back(R"({"t":)" + std::to_string(id) + "}");
  return all;
}

}  // namespace

TEST_CASE("a record is in its partition with key, header and time") {
  Cluster cluster;
  cluster.create("trades", 3);
  Harness node(kafka_type(), mock_options(cluster), as_input());
  node.begin();
  must(node.write({record(1, "BTCUSDT"), record(2, "ETHUSDT"), record(3, "BNBUSDT"), record(4, "BTCUSDT")}));
  REQUIRE(all_settled(node));
  CHECK(node.settled(SLUICE_DELIVERED) == 4);
  CHECK(node.metric("acknowledged_total") == 4);
  const std::vector<Stored> stored = read_topic(cluster.brokers(), "trades", 3);
  REQUIRE(stored.size() == 4);
  CHECK(stored[0].partition == 0);
  CHECK(stored[0].key == "BTCUSDT");
  CHECK(stored[0].payload == R"({"t":1})");
  CHECK(stored[0].timestamp_ms == 1'723'161'255'343);
  CHECK(stored[0].headers == std::map<std::string, std::string>{{"stream", "BTCUSDT@trade"}});
  CHECK(stored[1].payload == R"({"t":4})");
  CHECK(stored[2].key == "ETHUSDT");
  CHECK(stored[3].partition == 2);
}

TEST_CASE("a key outside of the map is refused by name, and the rest is delivered") {
  Cluster cluster;
  cluster.create("trades", 3);
  Harness node(kafka_type(), mock_options(cluster), as_input());
  node.begin();
  must(node.write({record(1, "BTCUSDT"), record(2, "XRPUSDT"), record(3, "BTCUSDT"), Input("{}")}));
  REQUIRE(all_settled(node));
  CHECK(node.settled(SLUICE_DELIVERED) == 2);
  REQUIRE(node.settled(SLUICE_FAILED) == 2);
  std::vector<std::string> reasons;
  for (const Settlement& each : node.settlements()) {
    if (each.verdict != SLUICE_FAILED) continue;
    CHECK(each.category == sluice::Category::permanent);
    CHECK(each.code == "unknown_key");
    reasons.push_back(each.reason);
  }
  CHECK(reasons ==
        std::vector<std::string>{
            "the key symbol=\"XRPUSDT\" has no partition in topic \"trades\"; add it to `partitions`, or say "
            "other_keys: hash",
            "the record has no attribute symbol, and so no partition in topic \"trades\"; add it to "
            "`partitions`, or say other_keys: hash"});
}

TEST_CASE("a record that is too large is refused, and the rest of its batch delivered") {
  Cluster cluster;
  cluster.create("trades", 3);
  Harness node(kafka_type(), mock_options(cluster, {{"options", map({{"message.max.bytes", "2000"}})}}), as_input());
  node.begin();
  must(
      node.write({record(1, "BTCUSDT"), Input(std::string(3000, 'x'), {{"symbol", "BTCUSDT"}}), record(2, "BTCUSDT")}));
  REQUIRE(all_settled(node));
  CHECK(node.settled(SLUICE_DELIVERED) == 2);
  REQUIRE(node.settled(SLUICE_FAILED) == 1);
  const auto settlements = node.settlements();
  const auto refused = std::find_if(settlements.begin(), settlements.end(),
                                    [](const Settlement& each) { return each.verdict == SLUICE_FAILED; });
  CHECK(refused->code == "MSG_SIZE_TOO_LARGE");
  CHECK(refused->reason.find("does not take this record of 3000 bytes") != std::string::npos);
}

TEST_CASE("a set that the broker refuses comes back record by record, in order") {
  Cluster cluster;
  cluster.create("trades", 3);
  Harness node(kafka_type(), mock_options(cluster, {{"linger", "20ms"}}), as_input());
  node.begin();
  // The first set is refused, then the second of the records when they come alone.
  rd_kafka_mock_push_request_errors(cluster.mock(), 0, 4, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
                                    RD_KAFKA_RESP_ERR_NO_ERROR, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
                                    RD_KAFKA_RESP_ERR_NO_ERROR);
  must(node.write({record(1, "BTCUSDT"), record(2, "BTCUSDT"), record(3, "BTCUSDT")}));
  must(node.write({record(4, "BTCUSDT")}));
  REQUIRE(all_settled(node));
  CHECK(node.settled(SLUICE_DELIVERED) == 3);
  CHECK(node.settled(SLUICE_FAILED) == 1);
  CHECK(payloads(cluster) == std::vector<std::string>{R"({"t":1})", R"({"t":3})", R"({"t":4})"});
}

TEST_CASE("an answer that nobody expects is doubted, then the record is refused and others go on") {
  Cluster cluster;
  cluster.create("trades", 3);
  Harness node(kafka_type(), mock_options(cluster, {{"linger", "20ms"}}), as_input());
  node.begin();
  // The set, then the first record alone each time.
  rd_kafka_mock_push_request_errors(cluster.mock(), 0, 5, RD_KAFKA_RESP_ERR_UNKNOWN, RD_KAFKA_RESP_ERR_UNKNOWN,
                                    RD_KAFKA_RESP_ERR_UNKNOWN, RD_KAFKA_RESP_ERR_UNKNOWN, RD_KAFKA_RESP_ERR_UNKNOWN);
  must(node.write({record(1, "BTCUSDT"), record(2, "BTCUSDT"), record(3, "BTCUSDT")}));
  REQUIRE(all_settled(node));
  CHECK(node.settled(SLUICE_DELIVERED) == 2);
  CHECK(node.settled(SLUICE_FAILED) == 1);
  CHECK(payloads(cluster) == std::vector<std::string>{R"({"t":2})", R"({"t":3})"});
  for (const StatusLine& line : node.statuses()) CHECK(line.status != SLUICE_STATUS_CONNECTING);
  CHECK(node.statuses().back().status == SLUICE_STATUS_READY);
}

TEST_CASE("a policy of the cluster refuses the record, not the connection") {
  Cluster cluster;
  cluster.create("trades", 3);
  Harness node(kafka_type(), mock_options(cluster), as_input());
  node.begin();
  rd_kafka_mock_push_request_errors(cluster.mock(), 0, 2, RD_KAFKA_RESP_ERR_POLICY_VIOLATION,
                                    RD_KAFKA_RESP_ERR_POLICY_VIOLATION);
  must(node.write({record(1, "BTCUSDT")}));
  must(node.write({record(2, "BTCUSDT")}));
  REQUIRE(all_settled(node));
  CHECK(node.settled(SLUICE_DELIVERED) == 1);
  CHECK(node.settled(SLUICE_FAILED) == 1);
  for (const StatusLine& line : node.statuses()) CHECK(line.status == SLUICE_STATUS_READY);
}

TEST_CASE("records that are written while others are refused are no lost connection either, and keep their order") {
  Cluster cluster;
  cluster.create("trades", 3);
  Harness node(kafka_type(), mock_options(cluster), as_input());
  node.begin();
  for (int64_t id = 0; id < 400; ++id) {
    // Sets that come back whole, of one partition or of two: none of their records is to blame when it comes alone.
    if (id % 100 == 50) rd_kafka_mock_push_request_errors(cluster.mock(), 0, 1, RD_KAFKA_RESP_ERR_INVALID_RECORD);
    must(node.write({record(id, id % 2 == 0 ? "BTCUSDT" : "ETHUSDT")}));
    if (id % 100 == 99) REQUIRE(all_settled(node));
  }
  CHECK(node.settled(SLUICE_DELIVERED) == 400);
  for (const StatusLine& line : node.statuses()) CHECK(line.status == SLUICE_STATUS_READY);
  std::vector<std::string> wanted;
  for (const int64_t first : {0, 1}) {
    for (int64_t id = first; id < 400; id += 2) wanted.push_back(R"({"t":)" + std::to_string(id) + "}");
  }
  CHECK(payloads(cluster) == wanted);
}

TEST_CASE("a refusal by a cluster that takes seconds to answer is no lost connection either") {
  Cluster cluster;
  cluster.create("trades", 3);
  Harness node(kafka_type(), mock_options(cluster), as_input());
  node.begin();
  must(node.write({record(0, "BTCUSDT")}));
  REQUIRE(all_settled(node));
  // The next producer needs several answers before it knows the topic.
  rd_kafka_mock_broker_set_rtt(cluster.mock(), 1, 1000);
  rd_kafka_mock_push_request_errors(cluster.mock(), 0, 2, RD_KAFKA_RESP_ERR_INVALID_RECORD,
                                    RD_KAFKA_RESP_ERR_INVALID_RECORD);
  must(node.write({record(1, "BTCUSDT")}));
  REQUIRE(all_settled(node));
  rd_kafka_mock_broker_set_rtt(cluster.mock(), 1, 0);
  CHECK(node.settled(SLUICE_DELIVERED) == 1);
  CHECK(node.settled(SLUICE_FAILED) == 1);
  for (const StatusLine& line : node.statuses()) CHECK(line.status == SLUICE_STATUS_READY);
}

TEST_CASE("a record larger than all that may wait is refused instead of waited for") {
  Cluster cluster;
  cluster.create("trades", 3);
  Harness node(kafka_type(), mock_options(cluster, {{"options", map({{"queue.buffering.max.kbytes", "10"}})}}),
               as_input());
  node.begin();
  must(node.write(
      {record(1, "BTCUSDT"), Input(std::string(20'000, 'x'), {{"symbol", "BTCUSDT"}}), record(2, "BTCUSDT")}));
  REQUIRE(all_settled(node));
  CHECK(node.settled(SLUICE_DELIVERED) == 2);
  CHECK(node.settled(SLUICE_FAILED) == 1);
}

TEST_CASE("order holds through errors that pass and brokers that go") {
  Cluster cluster;
  cluster.create("trades", 3);
  // The mock cluster does not look at sequence numbers, as a broker does. A request that is sent again because its
  // answer went down with the connection of the next one would be there twice, so there is one at a time.
  Harness node(kafka_type(), mock_options(cluster, {{"options", map({{"max.in.flight", "1"}})}}), as_input());
  node.begin();
  rd_kafka_mock_push_request_errors(cluster.mock(), 0, 5, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                                    RD_KAFKA_RESP_ERR_NO_ERROR, RD_KAFKA_RESP_ERR__TRANSPORT,
                                    RD_KAFKA_RESP_ERR_NO_ERROR, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS);
  for (int64_t id = 0; id < 200; id += 2) must(node.write({record(id, "BTCUSDT"), record(id + 1, "BTCUSDT")}));
  REQUIRE(all_settled(node));
  CHECK(node.settled(SLUICE_DELIVERED) == 200);
  CHECK(payloads(cluster) == numbered(200));
}

TEST_CASE("order holds through a change of leaders") {
  Cluster cluster(3);
  rd_kafka_mock_topic_create(cluster.mock(), "trades", 3, 3);
  rd_kafka_mock_partition_set_leader(cluster.mock(), "trades", 0, 1);
  Harness node(kafka_type(), mock_options(cluster), as_input());
  node.begin();
  for (int64_t id = 0; id < 150; ++id) {
    if (id % 50 == 49)
      rd_kafka_mock_partition_set_leader(cluster.mock(), "trades", 0, 1 + static_cast<int32_t>(id / 50 + 1) % 3);
    must(node.write({record(id, "BTCUSDT")}));
  }
  REQUIRE(all_settled(node));
  CHECK(node.settled(SLUICE_DELIVERED) == 150);
  CHECK(payloads(cluster) == numbered(150));
}

TEST_CASE("a producer that is broken for good is replaced, and nothing is lost or reordered") {
  Cluster cluster;
  cluster.create("trades", 3);
  constexpr int16_t init_producer_id = 22;
  constexpr int16_t produce = 0;
  SECTION("before it wrote anything") {
    rd_kafka_mock_push_request_errors(cluster.mock(), init_producer_id, 1,
                                      RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED);
  }
  SECTION("in the middle") {
    rd_kafka_mock_push_request_errors(cluster.mock(), produce, 3, RD_KAFKA_RESP_ERR_NO_ERROR,
                                      RD_KAFKA_RESP_ERR_NO_ERROR, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH);
  }
  SECTION("by a hole in its numbers") {
    rd_kafka_mock_push_request_errors(cluster.mock(), produce, 2, RD_KAFKA_RESP_ERR_NO_ERROR,
                                      RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
  }
  Harness node(kafka_type(), mock_options(cluster), as_input());
  node.begin();
  for (int64_t id = 0; id < 200; ++id) must(node.write({record(id, "BTCUSDT")}));
  REQUIRE(all_settled(node));
  CHECK(node.settled(SLUICE_DELIVERED) == 200);
  CHECK(payloads(cluster) == numbered(200));
}

TEST_CASE("a topic that goes is waited for, and what was not written comes when it is back") {
  Cluster cluster;
  cluster.create("trades", 3);
  Harness node(kafka_type(), mock_options(cluster), as_input());
  node.begin();
  must(node.write({record(0, "BTCUSDT")}));
  REQUIRE(all_settled(node));
  rd_kafka_mock_topic_set_error(cluster.mock(), "trades", RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  rd_kafka_mock_push_request_errors(cluster.mock(), 0, 1, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  must(node.write({record(1, "BTCUSDT")}));
  must(node.write({record(2, "BTCUSDT")}));
  REQUIRE(
      node.await([&] { return !node.statuses().empty() && node.statuses().back().status == SLUICE_STATUS_BLOCKED; }));
  CHECK(node.owned_batches() > 0);
  rd_kafka_mock_topic_set_error(cluster.mock(), "trades", RD_KAFKA_RESP_ERR_NO_ERROR);
  REQUIRE(all_settled(node));
  CHECK(payloads(cluster) == numbered(3));
}

TEST_CASE("a right that is missing blocks, and what waits is sent when it is there") {
  Cluster cluster;
  cluster.create("trades", 3);
  Harness node(kafka_type(), mock_options(cluster), as_input());
  node.begin();
  rd_kafka_mock_push_request_errors(cluster.mock(), 0, 2, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
                                    RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  for (int64_t id = 0; id < 100; ++id) must(node.write({record(id, "BTCUSDT")}));
  REQUIRE(all_settled(node));
  CHECK(node.settled(SLUICE_DELIVERED) == 100);
  CHECK(payloads(cluster) == numbered(100));
  bool was_blocked = false;
  for (const StatusLine& line : node.statuses()) {
    was_blocked =
        was_blocked || (line.status == SLUICE_STATUS_BLOCKED && line.sentence.find("rights") != std::string::npos);
  }
  CHECK(was_blocked);
  CHECK(node.statuses().back().status == SLUICE_STATUS_READY);
}

TEST_CASE("without a broker records wait, and go when one is there") {
  Cluster cluster;
  cluster.create("trades", 3);
  rd_kafka_mock_broker_set_down(cluster.mock(), -1);
  Harness node(kafka_type(), mock_options(cluster), as_input());
  node.begin();
  must(node.write({record(1, "BTCUSDT")}));
  must(node.write({record(2, "BTCUSDT")}));
  REQUIRE(node.await(
      [&] { return !node.statuses().empty() && node.statuses().back().status == SLUICE_STATUS_CONNECTING; }));
  CHECK(node.statuses().back().sentence.find(cluster.brokers()) != std::string::npos);
  CHECK(node.held());
  CHECK(node.owned_batches() == 2);
  rd_kafka_mock_broker_set_up(cluster.mock(), -1);
  REQUIRE(all_settled(node));
  CHECK(node.settled(SLUICE_DELIVERED) == 2);
  CHECK(node.statuses().back().status == SLUICE_STATUS_READY);
  REQUIRE(node.await([&] { return !node.held(); }));
}

TEST_CASE("a full queue withdraws credit, keeps the batch and goes on") {
  Cluster cluster;
  cluster.create("trades", 3);
  Harness node(kafka_type(), mock_options(cluster, {{"options", map({{"queue.buffering.max.messages", "10"}})}}),
               as_input());
  node.begin();
  std::vector<Input> many;
  for (int64_t id = 0; id < 100; ++id) many.push_back(record(id, "BTCUSDT"));
  must(node.write(many));
  CHECK(node.held());
  REQUIRE(all_settled(node));
  CHECK(node.settled(SLUICE_DELIVERED) == 100);
  CHECK(read_topic(cluster.brokers(), "trades", 3).size() == 100);
  REQUIRE(node.await([&] { return !node.held(); }));
}

TEST_CASE("a dead letter says in headers why, when and from where, and is of the time at which it is written") {
  Cluster cluster;
  cluster.create("rejects", 1);
  const auto now_ms = [] {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
  };
  const int64_t before_ms = now_ms();
  Harness node(kafka_type(), {{"brokers", cluster.brokers()}, {"topic", "rejects"}, {"create", false}},
               as_input({"reject_reason", "reject_code", "reject_node", "topic", "partition", "offset"}));
  node.begin();
  must(node.write({Input("{}",
                         {{"reject_reason", "the column price is missing"},
                          {"reject_code", "23502"},
                          {"reject_node", "trades"},
                          {"topic", "binance.trades"},
                          {"partition", 2},
                          {"offset", 41}},
                         1'723'161'255'342'000'001),
                   Input("not rejected", {{"topic", "elsewhere"}}, 1'723'161'255'342'000'000)}));
  REQUIRE(all_settled(node));
  const std::vector<Stored> stored = read_topic(cluster.brokers(), "rejects", 1);
  REQUIRE(stored.size() == 2);
  CHECK(stored[0].key.empty());
  CHECK(stored[0].headers == std::map<std::string, std::string>{{"reject_reason", "the column price is missing"},
                                                                {"reject_code", "23502"},
                                                                {"reject_node", "trades"},
                                                                {"topic", "binance.trades"},
                                                                {"receive_time", "1723161255342000001"},
                                                                {"partition", "2"},
                                                                {"offset", "41"}});
  CHECK(stored[0].timestamp_ms >= before_ms);
  CHECK(stored[0].timestamp_ms <= now_ms());
  CHECK(stored[1].headers.empty());
  CHECK(stored[1].timestamp_ms == 1'723'161'255'342);
}

TEST_CASE("a topic that does not fit is an error at the opening") {
  Cluster cluster;
  cluster.create("trades", 2);
  Harness few(kafka_type(), mock_options(cluster), as_input());
  const auto opened = few.open();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().category == sluice::Category::operator_needed);
  CHECK(opened.error().message ==
        "topic \"trades\" at " + cluster.brokers() +
            " has 2 partitions, and `partitions` sends BNBUSDT to partition 2; add partitions "
            "to the topic, or change the map");
}
