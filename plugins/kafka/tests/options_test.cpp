// SPDX-License-Identifier: Apache-2.0
// What the relay says of itself and of its options, for each half.
#include <algorithm>

#include "library.hpp"
#include "support.hpp"

using namespace kafka_test;

namespace {

Described half(uint32_t role, Values options) {
  auto described = describe(kafka_type(), with({{"topic", "binance.trades"}}, std::move(options)), role);
  if (!described) throw std::runtime_error(described.error().message);
  return *described;
}
Described input_half(Values options) { return half(SLUICE_ROLE_RELAY_INPUT, std::move(options)); }
Described output_half(Values options) { return half(SLUICE_ROLE_RELAY_OUTPUT, std::move(options)); }

using Sentences = std::vector<std::string>;

Sentences problem_of(Values options) { return input_half(std::move(options)).problems; }

Values option(const char* name, const char* value) { return {{"options", map({{name, value}})}}; }

}  // namespace

TEST_CASE("the input half is durable, repeats, and needs what it stores") {
  const Described described = input_half({{"key", "symbol"}});
  CHECK(described.problems.empty());
  CHECK(described.warnings.empty());
  CHECK(described.needs == Sentences{"stream", "symbol"});
  CHECK(described.fact(SLUICE_FACT_DURABLE) == 1);
  CHECK(described.fact(SLUICE_FACT_IDEMPOTENT) == 0);
  CHECK(described.fact(SLUICE_FACT_MAX_IN_FLIGHT) == 64);
  CHECK(described.fact(SLUICE_FACT_MEMORY_BYTES) > 0);
  CHECK(input_half({{"key", "symbol"}, {"headers", list({"id"})}}).needs == Sentences{"symbol", "id"});
  CHECK(input_half({}).needs.empty());
}

TEST_CASE("the output half replays, and provides what was stored and where it stood") {
  const Described described = output_half({{"key", "symbol"}, {"group", "buffer"}});
  CHECK(described.problems.empty());
  CHECK(described.fact(SLUICE_FACT_REPLAY) == SLUICE_REPLAY_FROM_COMMIT);
  CHECK(described.provides == std::map<std::string, uint32_t>{{"symbol", SLUICE_VALUE_TEXT},
                                                              {"stream", SLUICE_VALUE_TEXT},
                                                              {"topic", SLUICE_VALUE_TEXT},
                                                              {"partition", SLUICE_VALUE_INTEGER},
                                                              {"offset", SLUICE_VALUE_INTEGER}});
  CHECK(output_half({}).problems ==
        Sentences{"group is missing: an edge leaves this node, and what it reads is committed under a consumer group's "
                  "name, as in `group: binance-buffer`"});
}

TEST_CASE("records without a key are rejected where each key has its partition") {
  using Absences = std::map<std::string, std::string>;
  const Values map_of_keys = {{"key", "symbol"}, {"partitions", map({{"BTCUSDT", 0}})}};
  CHECK(input_half(map_of_keys).absences == Absences{{"symbol", "is rejected"}});
  CHECK(input_half(with(map_of_keys, {{"other_keys", "hash"}})).absences ==
        Absences{{"symbol", "has no key, so it goes to any partition"}});
  CHECK(input_half({{"headers", list({"symbol"})}}).absences.empty());
}

TEST_CASE("the output half says that it rejects tombstones where it does") {
  CHECK(output_half({{"group", "buffer"}, {"tombstones", "dead_letter"}}).refusals ==
        Sentences{"records without a value"});
  CHECK(output_half({{"group", "buffer"}}).refusals.empty());
}

TEST_CASE("an input half with a lock is written to only while it has the lock") {
  CHECK(input_half({}).fact(SLUICE_FACT_CLAIMS) == 0);
  CHECK(input_half({{"lock", ""}}).fact(SLUICE_FACT_CLAIMS) == 0);
  CHECK(input_half({{"lock", "binance.ingest"}}).fact(SLUICE_FACT_CLAIMS) == 1);
  CHECK(output_half({{"group", "buffer"}, {"lock", "binance.ingest"}}).fact(SLUICE_FACT_CLAIMS) == 0);
  const Described embedded = input_half({{"brokers", "embedded"}, {"lock", "binance.ingest"}});
  CHECK(embedded.fact(SLUICE_FACT_CLAIMS) == 0);
  CHECK(embedded.warnings == Sentences{"lock has no effect with brokers: embedded, which only this process can reach"});
  CHECK(problem_of({{"lock", "binance.trades"}}) ==
        Sentences{"the lock needs a name of its own, because it has a topic and a consumer group of that name; write "
                  "lock: binance.trades.lock"});
  CHECK(problem_of({{"lock", "buffer"}, {"group", "buffer"}}).size() == 1);
  CHECK(problem_of({{"lock", "a b"}}) ==
        Sentences{"\"a b\" cannot be a lock: its topic has the same name, so it has 1 to 249 letters, digits, dots, "
                  "dashes and underscores"});
}

TEST_CASE("the embedded log is not durable, and says why") {
  const Described described = input_half({{"brokers", "embedded"}});
  CHECK(described.fact(SLUICE_FACT_DURABLE) == 0);
  CHECK(described.reasons.at(SLUICE_FACT_DURABLE) ==
        "in memory only: brokers: embedded keeps its records as long as the process lives");
}

TEST_CASE("brokers, topics and maps that cannot be are named") {
  CHECK(problem_of({{"brokers", "one:9092,two:9093,[::1]:9092,SASL_SSL://three:1"}}).empty());
  for (const char* wrong : {"one:9092,", "one:x", "one:99999", "a b", ":9092", ""}) {
    CAPTURE(wrong);
    CHECK(problem_of({{"brokers", wrong}}).size() == 1);
  }
  for (const char* wrong : {"", ".", "a/b", "a b"}) {
    CAPTURE(wrong);
    CHECK(problem_of({{"topic", wrong}}).size() == 1);
  }
  CHECK(problem_of({{"partitions", map({{"BTCUSDT", 0}})}}) ==
        Sentences{"partitions needs to know the key: say which attribute it is, as in `key: symbol`"});
  CHECK(problem_of({{"key", "symbol"}, {"partitions", map({{"A", 4}})}, {"partition_count", 3}}) ==
        Sentences{"partitions uses partition 4, so partition_count must be at least 5"});
  CHECK(problem_of({{"headers", list({"id", "id"})}}) == Sentences{"the header \"id\" is listed twice"});
}

TEST_CASE("what a guarantee rests on may not be set") {
  for (const char* name : {"acks", "enable.idempotence", "message.timeout.ms", "retries", "enable.auto.commit",
                           "group.id", "auto.offset.reset", "transactional.id", "partitioner", "linger.ms",
                           "plugin.library.paths", "bootstrap.servers", "session.timeout.ms", "isolation.level "}) {
    CAPTURE(name);
    CHECK(problem_of(option(name, "1")).size() == 1);
  }
  CHECK(problem_of(option("acks", "1")) ==
        Sentences{"\"acks\" may not be set here: no record may be lost in silence, so sluice sets it itself"});
}

TEST_CASE("properties that would break sluice itself may not be set") {
  for (const char* name : {"enabled_events", "api.version.request", "broker.version.fallback", "topic.blacklist",
                           "internal.termination.signal", "dr_msg_cb", "opaque"}) {
    CAPTURE(name);
    CHECK(problem_of(option(name, "1")).size() == 1);
  }
  CHECK(problem_of(option("max.in.flight", "6")).size() == 1);
  CHECK(problem_of(option("max.in.flight.requests.per.connection", "5")).empty());
  CHECK(problem_of(option("reconnect.backoff.max.ms", "10")).size() == 1);
  Values slow = option("heartbeat.interval.ms", "6000");
  slow.push_back({"group", "g"});
  CHECK(output_half(slow).problems.size() == 1);
  CHECK(output_half({{"group", "g"}, {"options", map({{"max.poll.interval.ms", "1000"}})}}).problems.size() == 1);
}

TEST_CASE("a property that takes a proof away is named in it") {
  const Described described =
      output_half({{"group", "g"}, {"options", map({{"isolation.level", "read_uncommitted"}})}});
  CHECK(described.problems.empty());
  CHECK(described.reasons.at(SLUICE_FACT_IDEMPOTENT).find("isolation.level=read_uncommitted") != std::string::npos);
  CHECK(output_half({{"group", "g"}, {"options", map({{"isolation.level", "read_committed"}})}})
            .reasons.count(SLUICE_FACT_IDEMPOTENT) == 0);
}

TEST_CASE("security that nothing uses is warned of") {
  const Described unused = input_half({{"options", map({{"sasl.username", "me"}, {"sasl.password", "secret"}})}});
  CHECK(unused.problems.empty());
  CHECK(unused.warnings ==
        Sentences{"\"sasl.username\" has no effect with security.protocol=plaintext; write SASL_SSL or "
                  "SASL_PLAINTEXT"});
  CHECK(input_half({{"options", map({{"security.protocol", "SASL_PLAINTEXT"}, {"sasl.username", "me"}})}})
            .warnings.empty());
}

TEST_CASE("a partition far beyond the others is warned of") {
  const auto warnings_of = [](std::vector<std::pair<const char*, int>> keys) {
    std::vector<Field> fields;
    for (const auto& [key, partition] : keys) fields.push_back({key, partition});
    return input_half({{"key", "symbol"}, {"partitions", map(fields)}}).warnings;
  };
  CHECK(warnings_of({{"A", 0}, {"B", 1}, {"C", 2}}).empty());
  CHECK(warnings_of({{"A", 0}, {"B", 0}, {"C", 3}}).empty());
  CHECK(warnings_of({{"A", 0}, {"B", 1}, {"C", 30}}) ==
        Sentences{
            "no key goes to partitions 2 to 29, below that of C; a topic that the run creates gets them, too; is 30 "
            "intended?"});
}

TEST_CASE("librdkafka judges the rest, and no value is told") {
  CHECK(problem_of({{"options", map({{"security.protocol", "SASL_SSL"},
                                     {"sasl.mechanism", "SCRAM-SHA-512"},
                                     {"sasl.username", "me"},
                                     {"sasl.password", "secret"},
                                     {"socket.keepalive.enable", true},
                                     {"batch.num.messages", 5000}})}})
            .empty());
  const Sentences unknown = problem_of(option("no.such.property", "hidden"));
  REQUIRE(unknown.size() == 1);
  CHECK(unknown[0].find("has no property \"no.such.property\"") != std::string::npos);
  for (const char* name : {"batch.num.messages", "security.protocol", "ssl.key.pem", "broker.address.family"}) {
    CAPTURE(name);
    for (const std::string& sentence : problem_of(option(name, "hidden"))) {
      CHECK(sentence.find("hidden") == std::string::npos);
    }
  }
  CHECK(problem_of(option("batch.num.messages", "hidden")).size() == 1);
}

TEST_CASE("the faults of a librdkafka are those of the paths that the graph takes") {
  using sluice::kafka::Half;
  using sluice::kafka::known_faults;
  sluice::kafka::Settings settings;
  constexpr int debian_12 = 0x020002ff;
  const auto has = [&](Half half, const char* words) {
    const auto found = known_faults(debian_12, settings, half);
    return std::any_of(found.begin(), found.end(), [&](const auto& each) { return each.find(words) != each.npos; });
  };
  CHECK(has(Half::input, "stored twice"));
  CHECK_FALSE(has(Half::input, "rebalance"));
  CHECK(has(Half::output, "rebalance"));
  CHECK_FALSE(has(Half::output, "TLS"));
  settings.options = {{"security.protocol", "SASL_SSL"}, {"sasl.mechanism", "SCRAM-SHA-512"}};
  CHECK(has(Half::output, "TLS"));
  CHECK(has(Half::input, "SCRAM"));
  CHECK(known_faults(0x020f01ff, settings, Half::output).empty());
  settings.is_embedded = true;
  CHECK(known_faults(debian_12, settings, Half::output).empty());
}
