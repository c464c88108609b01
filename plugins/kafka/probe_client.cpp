// SPDX-License-Identifier: Apache-2.0
#include "probe_client.hpp"

#include <array>
#include <chrono>

#include "fault.hpp"
#include "rd_handles.hpp"

namespace sluice::kafka {
namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds patience{8000};
constexpr milliseconds slice{200};
/// A name may have several addresses, and after each all brokers count as down.
constexpr milliseconds down_enough{700};

AdminOptions options_for(rd_kafka_t* client, rd_kafka_admin_op_t operation) {
  AdminOptions options(rd_kafka_AdminOptions_new(client, operation));
  std::array<char, 128> why{};
  rd_kafka_AdminOptions_set_request_timeout(options.get(), static_cast<int>(patience.count()), why.data(), why.size());
  return options;
}

Result<Event> answer_in(rd_kafka_queue_t* queue, const std::string& what) {
  Event event(rd_kafka_queue_poll(queue, static_cast<int>(patience.count()) + 1000));
  if (event == nullptr) return transient(what + ": no answer came in time");
  if (const rd_kafka_resp_err_t code = rd_kafka_event_error(event.get())) {
    const char* why = rd_kafka_event_error_string(event.get());
    return to_error(code, what, why == nullptr ? "" : why);
  }
  return event;
}

}  // namespace

Result<std::unique_ptr<ProbeClient>> ProbeClient::connect(const Settings& settings) {
  std::unique_ptr<ProbeClient> made(new ProbeClient(settings));
  // With the group's name it may ask for offsets; it never subscribes, so it is no member.
  Result<Conf> conf = make_conf(settings, Purpose::admin, settings.brokers, made.get());
  if (!conf) return conf.error();
  if (!settings.group.empty()) {
    if (Result<void> done = set(conf->get(), "group.id", settings.group); !done) return done.error();
  }
  Result<Client> client = Client::make(Purpose::admin, std::move(*conf));
  if (!client) return client.error();
  made->client_ = std::move(*client);
  const auto deadline = Steady::now() + patience;
  while (true) {
    const rd_kafka_metadata_t* metadata = nullptr;
    const rd_kafka_resp_err_t code =
        rd_kafka_metadata(made->client_.get(), 0, nullptr, &metadata, static_cast<int>(slice.count()));
    if (metadata != nullptr) {
      made->broker_ = metadata->orig_broker_id;
      rd_kafka_metadata_destroy(metadata);
    }
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return made;
    if (const std::optional<Error> why = made->hopeless()) return *why;
    if (Steady::now() >= deadline) {
      return transient("cannot reach Kafka at " + settings.brokers + ": " +
                       (made->last_reason_.empty() ? "no answer came in time" : made->last_reason_));
    }
  }
}

void ProbeClient::on_client_error(rd_kafka_resp_err_t code, std::string_view reason) {
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
    if (!down_since_) down_since_ = Steady::now();
    return;
  }
  last_reason_ = reason;
  if (category_of(code) == Category::operator_needed) {
    refused_ = to_error(code, "cannot use Kafka at " + settings_.brokers, last_reason_);
  }
}

std::optional<Error> ProbeClient::hopeless() {
  rd_kafka_poll(client_.get(), 0);
  if (refused_) return refused_;
  if (!down_since_ || Steady::now() < *down_since_ + down_enough) return std::nullopt;
  return transient("cannot reach Kafka at " + settings_.brokers +
                   (last_reason_.empty() ? ": no broker answers" : ": " + last_reason_));
}

Result<std::optional<TopicFacts>> ProbeClient::topic() { return ask_topic(client_.get(), settings_.topic, patience); }

Result<ConfigTexts> ProbeClient::config(rd_kafka_ResourceType_t kind, const std::string& name) {
  const std::string asking = "cannot see the configuration of \"" + name + "\"";
  const AdminOptions options = options_for(client_.get(), RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
  const Queue queue(rd_kafka_queue_new(client_.get()));
  rd_kafka_ConfigResource_t* resource = rd_kafka_ConfigResource_new(kind, name.c_str());
  rd_kafka_DescribeConfigs(client_.get(), &resource, 1, options.get(), queue.get());
  rd_kafka_ConfigResource_destroy(resource);
  Result<Event> event = answer_in(queue.get(), asking);
  if (!event) return event.error();
  size_t count = 0;
  const rd_kafka_ConfigResource_t** found =
      rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event->get()), &count);
  ConfigTexts texts;
  for (size_t i = 0; i < count; ++i) {
    if (const rd_kafka_resp_err_t code = rd_kafka_ConfigResource_error(found[i])) return to_error(code, asking);
    size_t entries = 0;
    const rd_kafka_ConfigEntry_t** all = rd_kafka_ConfigResource_configs(found[i], &entries);
    for (size_t e = 0; e < entries; ++e) {
      const char* value = rd_kafka_ConfigEntry_value(all[e]);
      if (value != nullptr) texts.emplace(rd_kafka_ConfigEntry_name(all[e]), value);
    }
  }
  return texts;
}

Result<ConfigTexts> ProbeClient::topic_config() { return config(RD_KAFKA_RESOURCE_TOPIC, settings_.topic); }
Result<ConfigTexts> ProbeClient::broker_config() { return config(RD_KAFKA_RESOURCE_BROKER, std::to_string(broker_)); }

Result<void> ProbeClient::try_to_create() {
  const std::string making = "topic \"" + settings_.topic + "\" is not there and could not be made";
  std::array<char, 256> why{};
  rd_kafka_NewTopic_t* topic = rd_kafka_NewTopic_new(settings_.topic.c_str(), settings_.partition_count,
                                                     settings_.replication, why.data(), why.size());
  if (topic == nullptr) return operator_needed(making + ": " + why.data());
  rd_kafka_NewTopic_set_config(topic, "retention.ms", std::to_string(settings_.retention_ms).c_str());
  const AdminOptions options = options_for(client_.get(), RD_KAFKA_ADMIN_OP_CREATETOPICS);
  rd_kafka_AdminOptions_set_validate_only(options.get(), 1, why.data(), why.size());
  const Queue queue(rd_kafka_queue_new(client_.get()));
  rd_kafka_CreateTopics(client_.get(), &topic, 1, options.get(), queue.get());
  rd_kafka_NewTopic_destroy(topic);
  Result<Event> event = answer_in(queue.get(), making);
  if (!event) return event.error();
  size_t count = 0;
  const rd_kafka_topic_result_t** results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event->get()), &count);
  for (size_t i = 0; i < count; ++i) {
    const rd_kafka_resp_err_t code = rd_kafka_topic_result_error(results[i]);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) continue;
    const char* text = rd_kafka_topic_result_error_string(results[i]);
    return to_error(code, making, text == nullptr ? "" : text);
  }
  return {};
}

Result<GroupFacts> ProbeClient::group() { return ask_group(client_.get(), settings_.group, patience); }

Result<std::vector<std::optional<Offsets>>> ProbeClient::offsets(const TopicFacts& topic) {
  Result<Committed> committed =
      ask_committed(client_.get(), settings_.group, settings_.topic, topic.partitions.size(), patience);
  if (!committed) return committed.error();
  std::vector<int32_t> askable;
  for (size_t i = 0; i < topic.partitions.size(); ++i) {
    if (topic.partitions[i].leader >= 0) askable.push_back(static_cast<int32_t>(i));
  }
  const std::vector<Result<LogEnds>> log = ask_log_ends(client_.get(), settings_.topic, askable, patience);
  std::vector<std::optional<Offsets>> all(topic.partitions.size());
  for (size_t i = 0; i < askable.size(); ++i) {
    if (!log[i]) return log[i].error();
    const auto number = static_cast<size_t>(askable[i]);
    all[number] =
        Offsets{committed->offsets[number], log[i]->begin, log[i]->end, askable[i] >= committed->first_partition_count};
  }
  return all;
}

}  // namespace sluice::kafka
