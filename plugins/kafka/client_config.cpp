// SPDX-License-Identifier: Apache-2.0
#include "client_config.hpp"

#include <algorithm>
#include <array>

namespace sluice::kafka {
namespace {

struct Refusal {
  std::string_view name;
  std::string_view why;
};

constexpr std::string_view records_are_kept = "no record may be lost in silence, so sluice sets it itself";
constexpr std::string_view commits_are_ours =
    "an offset may move only behind what is settled, so sluice sets it itself";

// clang-format off
constexpr Refusal refused[] = {
    {"bootstrap.servers", "write the node's option `brokers`"},
    {"metadata.broker.list", "write the node's option `brokers`"},
    {"acks", records_are_kept},
    {"request.required.acks", records_are_kept},
    {"enable.idempotence", "retries would repeat and reorder records without it, so it is always on"},
    {"enable.gapless.guarantee", records_are_kept},
    {"message.timeout.ms", "records wait for the cluster for as long as it takes, so that none is lost in silence"},
    {"delivery.timeout.ms", "records wait for the cluster for as long as it takes, so that none is lost in silence"},
    {"message.send.max.retries", records_are_kept},
    {"retries", records_are_kept},
    {"queuing.strategy", "records of a key must keep their order"},
    {"delivery.report.only.error", "a record settles by its delivery report"},
    {"transactional.id", "sluice writes without transactions"},
    {"partitioner", "write the node's options `partitions` and `other_keys`"},
    {"linger.ms", "write the node's option `linger`"},
    {"queue.buffering.max.ms", "write the node's option `linger`"},
    {"queue.buffering.backpressure.threshold", "it belongs to an older way of batching"},
    {"group.id", "write the node's option `group`"},
    {"group.instance.id", "write the node's option `member`"},
    {"session.timeout.ms", "write the node's option `session_timeout`"},
    {"partition.assignment.strategy", "members of a group must agree on it; sluice uses cooperative-sticky"},
    {"enable.auto.commit", commits_are_ours},
    {"auto.commit.enable", commits_are_ours},
    {"auto.commit.interval.ms", commits_are_ours},
    {"enable.auto.offset.store", commits_are_ours},
    {"offset.store.method", commits_are_ours},
    {"auto.offset.reset", "write the node's options `start` and `expired`"},
    {"enable.partition.eof", "sluice has no use for it"},
    {"enabled_events", "sluice takes librdkafka's events itself"},
    {"group.protocol", "sluice uses the classic protocol, in which members hand partitions over one by one"},
    {"group.protocol.type", "it is for librdkafka's own tests"},
    {"group.remote.assignor", "members of a group must agree on it; sluice uses cooperative-sticky"},
    {"api.version.request", "sluice needs brokers that say what they can"},
    {"broker.version.fallback", "sluice needs brokers that say what they can"},
    {"api.version.fallback.ms", "sluice needs brokers that say what they can"},
    {"topic.blacklist", "a topic that it hides would never be read or written"},
    {"internal.termination.signal", "signals are for the program"},
    {"allow.auto.create.topics", "write the node's option `create`"},
    {"plugin.library.paths", "it loads code into the process"},
    {"log.queue", "sluice collects the log itself"},
    {"test.mock.num.brokers", "write `brokers: embedded`"},
    {"test.mock.broker.rtt", "it is for librdkafka's own tests"},
};
// clang-format on

void on_log(const rd_kafka_t* client, int level, const char* facility, const char* line) {
  auto* listener = static_cast<ClientListener*>(rd_kafka_opaque(client));
  if (listener != nullptr) listener->on_client_log(level, std::string(facility) + ": " + line);
}

void on_error(rd_kafka_t*, int code, const char* reason, void* opaque) {
  auto* listener = static_cast<ClientListener*>(opaque);
  if (listener != nullptr) listener->on_client_error(static_cast<rd_kafka_resp_err_t>(code), reason);
}

using Pair = std::pair<const char*, std::string>;

/// What a user may change.
std::vector<Pair> defaults(const Settings& settings, Purpose purpose) {
  std::vector<Pair> all{
      {"client.id", "sluice"},         {"socket.keepalive.enable", "true"},  {"socket.nagle.disable", "true"},
      {"reconnect.backoff.ms", "100"}, {"reconnect.backoff.max.ms", "2000"}, {"log_level", "4"}};
  if (purpose == Purpose::producer) {
    all.insert(all.end(), {{"compression.codec", "lz4"},
                           {"batch.num.messages", "1000"},
                           {"queue.buffering.max.messages", "100000"},
                           {"queue.buffering.max.kbytes", "65536"}});
  } else {
    // librdkafka wants it to be no shorter than the session.
    all.emplace_back("max.poll.interval.ms", std::to_string(std::max<int64_t>(settings.session_timeout_ms, 300'000)));
  }
  return all;
}

/// What a guarantee rests on.
std::vector<Pair> fixed(const Settings& settings, Purpose purpose) {
  if (purpose == Purpose::producer) {
    return {{"acks", "all"},
            {"enable.idempotence", "true"},
            // A set that fails for good stops the producer, so that nothing behind it overtakes what is sent again.
            {"enable.gapless.guarantee", "true"},
            {"message.timeout.ms", "0"},
            {"partitioner", "murmur2_random"},
            {"linger.ms", std::to_string(settings.linger_ms)}};
  }
  std::vector<Pair> all{{"allow.auto.create.topics", "false"},
                        {"enable.auto.commit", "false"},
                        {"enable.auto.offset.store", "false"},
                        {"auto.offset.reset", "error"},
                        {"session.timeout.ms", std::to_string(settings.session_timeout_ms)}};
  if (purpose == Purpose::admin) return all;
  all.insert(all.end(), {{"group.id", settings.group}, {"partition.assignment.strategy", "cooperative-sticky"}});
  if (!settings.member.empty()) all.emplace_back("group.instance.id", settings.member);
  return all;
}

}  // namespace

Result<void> set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  std::array<char, 512> why{};
  switch (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why.data(), why.size())) {
    case RD_KAFKA_CONF_OK:
      return {};
    case RD_KAFKA_CONF_UNKNOWN:
      return operator_needed("librdkafka " + std::string(rd_kafka_version_str()) + " has no property \"" + name + "\"");
    default:
      break;
  }
  // librdkafka's own words often quote the value, which may be a secret.
  std::string reason(why.data());
  if (!value.empty() && reason.find(value) != reason.npos) reason = "its value is not one that it may have";
  return operator_needed("librdkafka refuses \"" + name + "\": " + reason);
}

Result<void> check_client_option(const std::string& name, const std::string& value) {
  const auto* found =
      std::find_if(std::begin(refused), std::end(refused), [&](const Refusal& each) { return each.name == name; });
  if (found != std::end(refused)) {
    return operator_needed("\"" + name + "\" may not be set here: " + std::string(found->why));
  }
  const Conf conf(rd_kafka_conf_new());
  return set(conf.get(), name, value);
}

Result<Conf> make_conf(const Settings& settings, Purpose purpose, const std::string& brokers,
                       ClientListener* listener) {
  Conf conf(rd_kafka_conf_new());
  const auto apply = [&](const std::string& name, const std::string& value) { return set(conf.get(), name, value); };
  if (!brokers.empty()) {
    if (Result<void> done = apply("bootstrap.servers", brokers); !done) return done.error();
  }
  for (const auto& [name, value] : defaults(settings, purpose)) {
    if (Result<void> done = apply(name, value); !done) return done.error();
  }
  for (const auto& [name, value] : settings.options) {
    if (Result<void> done = apply(name, value); !done) return done.error();
  }
  for (const auto& [name, value] : fixed(settings, purpose)) {
    if (Result<void> done = apply(name, value); !done) return done.error();
  }
  rd_kafka_conf_set_opaque(conf.get(), listener);
  rd_kafka_conf_set_log_cb(conf.get(), &on_log);
  if (purpose != Purpose::consumer) rd_kafka_conf_set_error_cb(conf.get(), &on_error);
  return conf;
}

}  // namespace sluice::kafka
