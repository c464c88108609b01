// SPDX-License-Identifier: Apache-2.0
// What `validate --connect` says of a real cluster: every finding at once and at its option, and nothing made.
#include <sstream>

#include "catch.hpp"
#include "output_support.hpp"

using namespace sluice;
using namespace sluice::testing;
using namespace sluice::kafka::testing;
using Catch::Matchers::Contains;

namespace {

struct Findings {
  std::string text;  ///< one a line: "problem topic: ..."
  Result<void> asked;
};

Findings probe(uint32_t role, const Values& values) {
  const sluice_node_type& type = find_type(sluice_plugin_v1(), "kafka");
  const auto tree = build_options(type, values);
  REQUIRE(tree->problems.empty());
  std::ostringstream found;
  sluice_describe_api api{};
  api.struct_size = sizeof api;
  api.role = role;
  api.problem = [](void* to, const sluice_config* where, uint32_t is_warning, sluice_str sentence) {
    *static_cast<std::ostringstream*>(to)
        << (is_warning != 0 ? "warning " : "problem ") << to_view(where->key) << ": " << to_view(sentence) << '\n';
  };
  sluice_error error = empty_error();
  REQUIRE(type.probe != nullptr);
  const bool is_asked = type.probe(&tree->root, &api, &found, &error) == SLUICE_OK;
  return {found.str(), is_asked ? Result<void>() : Result<void>(from_abi(error))};
}

constexpr uint32_t input = SLUICE_ROLE_RELAY_INPUT;
constexpr uint32_t output = SLUICE_ROLE_RELAY_OUTPUT;

/// What a start of this half ends with.
std::string refusal(uint32_t role, const Values& values) {
  Setup setup;
  setup.role = role;
  setup.attributes = {"symbol"};
  Harness node(find_type(sluice_plugin_v1(), "kafka"), values, setup);
  const Result<void> opened = node.open();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().category == Category::operator_needed);
  return opened.error().message;
}

}  // namespace

TEST_CASE("what a start refuses a probe refuses in the same words") {
  auto cluster = TestCluster::real();
  if (cluster == nullptr) return;
  const std::string topic = TestCluster::fresh("refused");
  cluster->make_topic(topic, 2);
  const std::string missing = TestCluster::fresh("missing");
  const Value beyond = map({{"BTCUSDT", 0}, {"ETHUSDT", 2}});
  const std::vector<std::pair<std::string, Values>> cases{
      {"problem topic: ", {{"topic", missing}, {"create", false}}},
      {"problem replication: ", {{"topic", missing}, {"replication", 99}}},
      {"problem ETHUSDT: ", {{"topic", topic}, {"key", "symbol"}, {"partitions", beyond}}},
  };
  for (const auto& [place, values] : cases) {
    for (const uint32_t role : {input, output}) {
      CAPTURE(place, role);
      Values all{{"brokers", cluster->option()}, {"group", TestCluster::fresh("g")}};
      all.insert(all.end(), values.begin(), values.end());
      const Findings findings = probe(role, all);
      CHECK(findings.asked);
      CHECK_THAT(findings.text, Contains(place + refusal(role, all) + "\n"));
    }
  }
}

TEST_CASE("a group that this user may not read as is refused in the same words, too") {
  auto cluster = TestCluster::mock();
  const std::string topic = TestCluster::fresh("rights");
  cluster->make_topic(topic, 1);
  const Values values{{"brokers", cluster->option()}, {"topic", topic}, {"group", "g"}};
  // A question that is put again may leave an answer to the one before unheard, so all are refused.
  constexpr int16_t offset_fetch_request = 9;
  std::vector<rd_kafka_resp_err_t> all(200, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED);
  rd_kafka_mock_push_request_errors_array(cluster->log()->mock(), offset_fetch_request, all.size(), all.data());
  const Findings findings = probe(output, values);
  CHECK(findings.text == "problem group: " + refusal(output, values) + "\n");
  rd_kafka_mock_clear_request_errors(cluster->log()->mock(), offset_fetch_request);
}

TEST_CASE("options that librdkafka refuses together end a probe as they end a start") {
  const Values values{{"brokers", "127.0.0.1:1"},
                      {"topic", "t"},
                      {"group", "g"},
                      {"options", map({{"security.protocol", "SSL"}, {"ssl.ca.location", "/none/such.pem"}})}};
  for (const uint32_t role : {input, output}) {
    const Findings findings = probe(role, values);
    REQUIRE_FALSE(findings.asked);
    CHECK(findings.asked.error().message == refusal(role, values));
  }
}

TEST_CASE("a cluster that does not answer cannot be asked") {
  for (const uint32_t role : {input, output}) {
    const Findings findings = probe(role, {{"brokers", "127.0.0.1:1"}, {"topic", "t"}, {"group", "g"}});
    REQUIRE_FALSE(findings.asked);
    CHECK_THAT(findings.asked.error().message, Contains("127.0.0.1:1") && Contains("refused"));
    CHECK(findings.text.empty());
  }
}

TEST_CASE("there is nothing to ask about an embedded log") {
  const Findings findings = probe(input, {{"brokers", "embedded"}, {"topic", "t"}});
  CHECK(findings.asked);
  CHECK(findings.text.empty());
}

TEST_CASE("a missing topic is tried without being made") {
  auto cluster = TestCluster::real();
  if (cluster == nullptr) return;
  const std::string topic = TestCluster::fresh("missing");
  const Values common{{"brokers", cluster->option()}, {"topic", topic}, {"group", TestCluster::fresh("g")}};
  const auto with = [&](Values more) {
    Values all = common;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  CHECK(probe(input, common).text.empty());
  CHECK(probe(output, common).text.empty());
  CHECK_THAT(probe(input, with({{"create", false}})).text,
             Contains("problem topic: ") && Contains("does not exist") && Contains("create: true"));
  CHECK_THAT(probe(input, with({{"replication", 99}})).text, Contains("problem replication: ") && Contains("99"));
  // Nothing above has made it.
  CHECK_THAT(probe(input, with({{"create", false}})).text, Contains("does not exist"));
}

TEST_CASE("a topic that differs from the graph is named with every difference") {
  auto cluster = TestCluster::real();
  if (cluster == nullptr) return;
  const std::string topic = TestCluster::fresh("differs");
  cluster->make_topic(topic, 3);
  const Values common{{"brokers", cluster->option()}, {"topic", topic}};
  CHECK(probe(input, common).text.empty());
  const Findings findings = probe(input, {{"brokers", cluster->option()},
                                          {"topic", topic},
                                          {"key", "symbol"},
                                          {"partitions", map({{"BTCUSDT", 0}, {"ETHUSDT", 3}, {"BNBUSDT", 7}})},
                                          {"partition_count", 9},
                                          {"replication", 2}});
  CHECK(findings.asked);
  CHECK_THAT(findings.text, Contains("problem ETHUSDT: ") && Contains("problem BNBUSDT: ") &&
                                Contains("sends BNBUSDT to partition 7") && !Contains("sends BTCUSDT"));
  CHECK_THAT(findings.text,
             Contains("warning partition_count: ") && Contains("has 3 partitions, and partition_count says 9"));
  CHECK_THAT(findings.text, Contains("warning replication: ") && Contains("has 1 replica, not 2"));
}

TEST_CASE("a group is asked for its offsets, its session and its members") {
  auto cluster = TestCluster::real();
  if (cluster == nullptr) return;
  const std::string topic = TestCluster::fresh("group");
  const std::string group = TestCluster::fresh("g");
  cluster->make_topic(topic, 1);
  cluster->write_numbers(topic, 0, 50);
  const auto of_group = [&](Values more) {
    Values all{{"brokers", cluster->option()}, {"topic", topic}, {"group", group}};
    all.insert(all.end(), more.begin(), more.end());
    return probe(output, all).text;
  };
  CHECK(of_group({}).empty());
  CHECK_THAT(of_group({{"session_timeout", "2s"}}), Contains("problem session_timeout: ") && Contains("6000"));
  cluster->set_committed(group, topic, 0, 10);
  CHECK(of_group({}).empty());
  cluster->delete_records(topic, 0, 30);
  CHECK_THAT(of_group({}), Contains("problem group: ") && Contains("offset 10") && Contains("30 to 49"));
  CHECK_THAT(of_group({{"expired", "earliest"}}), Contains("warning expired: ") && Contains("goes on at 30"));
  // A probe is no member: the group is still without one, or its offsets could not be set.
  cluster->set_committed(group, topic, 0, 40);
  CHECK(of_group({}).empty());
}

TEST_CASE("a probe looks at the topic of the lock, and makes none") {
  auto cluster = TestCluster::real();
  if (cluster == nullptr) return;
  const std::string topic = TestCluster::fresh("locked");
  cluster->make_topic(topic, 1);
  const std::string lock = TestCluster::fresh("lock");
  const auto values = [&](bool create) {
    return Values{
        {"brokers", cluster->option()}, {"topic", topic}, {"retention", "1d"}, {"lock", lock}, {"create", create}};
  };
  CHECK_THAT(probe(input, values(true)).text, !Contains("lock"));
  CHECK_THAT(probe(input, values(false)).text, Contains("problem lock: topic \"" + lock + "\" does not exist"));
  CHECK_THAT(probe(output, values(false)).text, !Contains("lock"));
  cluster->make_topic(lock, 3);
  CHECK_THAT(probe(input, values(true)).text, Contains("problem lock: ") && Contains("has 3 partitions"));
}
