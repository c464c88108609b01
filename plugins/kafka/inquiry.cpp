// SPDX-License-Identifier: Apache-2.0
#include "inquiry.hpp"

#include <algorithm>
#include <array>

#include "fault.hpp"

namespace sluice::kafka {
namespace {

using std::chrono::milliseconds;

/// Of topics that are made. Kafka's own default, 1 MiB with the record's framing, is just less than what sources take
/// for one frame, and a dead letter has its reasons in headers on top.
constexpr int64_t made_message_bytes = int64_t{4} << 20;
constexpr milliseconds slice{100};
constexpr milliseconds longest_request{2000};
/// A name with several addresses is tried address by address, and after each all brokers count as down.
constexpr milliseconds other_addresses{700};

struct DestroyNewTopic {
  void operator()(rd_kafka_NewTopic_t* topic) const { rd_kafka_NewTopic_destroy(topic); }
};
using NewTopic = std::unique_ptr<rd_kafka_NewTopic_t, DestroyNewTopic>;

}  // namespace

Result<std::unique_ptr<Inquiry>> Inquiry::make(const Settings& settings, milliseconds deadline,
                                               const std::atomic<bool>& cancelled) {
  std::unique_ptr<Inquiry> made(new Inquiry(settings, deadline, cancelled));
  Result<Conf> conf = make_conf(settings, Purpose::admin, settings.brokers, made.get());
  if (!conf) return conf.error();
  // With the group's name it may ask for offsets; it never subscribes, so it is no member.
  if (!settings.group.empty()) {
    if (Result<void> done = set(conf->get(), "group.id", settings.group); !done) return done.error();
  }
  Result<Client> client = Client::make(Purpose::admin, std::move(*conf));
  if (!client) return client.error();
  made->client_ = std::move(*client);
  return made;
}

void Inquiry::on_client_error(rd_kafka_resp_err_t code, std::string_view reason) {
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
    if (!down_since_) down_since_ = Steady::now();
    if (last_reason_.empty()) last_reason_ = reason;
    return;
  }
  last_reason_ = reason;
  const bool is_handshake_cut = code == RD_KAFKA_RESP_ERR__SSL && reason.find("isconnect") != reason.npos;
  if (category_of(code) == Category::operator_needed && !is_handshake_cut) {
    refused_ = to_error(code, "cannot use Kafka at " + settings_.brokers, last_reason_);
  }
}

/// Hears what the client has to say, and whether to give up.
std::optional<Error> Inquiry::hopeless() {
  rd_kafka_poll(client_.get(), 0);
  if (refused_) return refused_;
  const bool is_down = down_since_ && Steady::now() >= *down_since_ + other_addresses;
  if (!is_down && !is_over()) return std::nullopt;
  return transient("cannot reach Kafka at " + settings_.brokers +
                   (last_reason_.empty() ? ": no answer yet" : ": " + last_reason_));
}

milliseconds Inquiry::left() const {
  return std::max(std::chrono::duration_cast<milliseconds>(ends_ - Steady::now()), slice);
}

Result<std::optional<TopicFacts>> Inquiry::topic() {
  for (milliseconds patience = slice;; patience = std::min(patience * 2, longest_request)) {
    Result<std::optional<TopicFacts>> facts = ask_topic(client_.get(), settings_.brokers, settings_.topic, patience);
    is_answering_ = facts.ok() || facts.error().category == Category::operator_needed;
    if (!facts && is_answering_) return facts;
    if (facts && !*facts) return facts;
    // One that is being made has no partitions yet.
    if (facts && !(*facts)->partitions.empty()) {
      broker_ = (*facts)->broker;
      return facts;
    }
    if (const std::optional<Error> why = hopeless()) return *why;
  }
}

AdminOptions Inquiry::admin_options(rd_kafka_admin_op_t operation, milliseconds longest) const {
  AdminOptions options(rd_kafka_AdminOptions_new(client_.get(), operation));
  std::array<char, 128> why{};
  const auto time = static_cast<int>(std::min(left(), longest).count());
  rd_kafka_AdminOptions_set_request_timeout(options.get(), time, why.data(), why.size());
  return options;
}

Result<Event> Inquiry::answer(rd_kafka_queue_t* queue, const std::string& asking) {
  while (true) {
    Event event(rd_kafka_queue_poll(queue, static_cast<int>(slice.count())));
    if (event != nullptr) {
      const rd_kafka_resp_err_t code = rd_kafka_event_error(event.get());
      if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return event;
      const char* why = rd_kafka_event_error_string(event.get());
      return to_error(code, asking, why == nullptr ? "" : why);
    }
    if (const std::optional<Error> why = hopeless()) return *why;
  }
}

Result<void> Inquiry::create(Creation how) {
  const std::string making = "cannot make topic \"" + settings_.topic + "\"";
  std::array<char, 256> why{};
  const NewTopic topic(rd_kafka_NewTopic_new(settings_.topic.c_str(), settings_.partition_count, settings_.replication,
                                             why.data(), why.size()));
  if (topic == nullptr) return operator_needed(making + ": " + why.data());
  rd_kafka_NewTopic_set_config(topic.get(), "retention.ms", std::to_string(settings_.retention_ms).c_str());
  rd_kafka_NewTopic_set_config(topic.get(), "max.message.bytes", std::to_string(made_message_bytes).c_str());
  const AdminOptions options = admin_options(RD_KAFKA_ADMIN_OP_CREATETOPICS, left());
  if (how == Creation::dry_run) {
    rd_kafka_AdminOptions_set_validate_only(options.get(), 1, why.data(), why.size());
  }
  const Queue queue(rd_kafka_queue_new(client_.get()));
  rd_kafka_NewTopic_t* topics[] = {topic.get()};
  rd_kafka_CreateTopics(client_.get(), topics, 1, options.get(), queue.get());
  Result<Event> event = answer(queue.get(), making);
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

Result<ConfigTexts> Inquiry::config(rd_kafka_ResourceType_t kind, const std::string& name, milliseconds longest) {
  const std::string asking = "cannot see the configuration of \"" + name + "\"";
  const AdminOptions options = admin_options(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, longest);
  std::array<char, 128> why{};
  rd_kafka_AdminOptions_set_broker(options.get(), broker_, why.data(), why.size());
  const Queue queue(rd_kafka_queue_new(client_.get()));
  rd_kafka_ConfigResource_t* resource = rd_kafka_ConfigResource_new(kind, name.c_str());
  rd_kafka_DescribeConfigs(client_.get(), &resource, 1, options.get(), queue.get());
  rd_kafka_ConfigResource_destroy(resource);
  Result<Event> event = answer(queue.get(), asking);
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

Result<ConfigTexts> Inquiry::topic_config(milliseconds longest) {
  return config(RD_KAFKA_RESOURCE_TOPIC, settings_.topic, longest);
}
Result<ConfigTexts> Inquiry::broker_config(milliseconds longest) {
  return config(RD_KAFKA_RESOURCE_BROKER, std::to_string(broker_), longest);
}

Result<void> Inquiry::may_read_group() { return kafka::may_read_group(client_.get(), settings_, left()); }
Result<GroupFacts> Inquiry::group() { return ask_group(client_.get(), settings_.group, left()); }

Result<std::vector<std::optional<Offsets>>> Inquiry::offsets(const TopicFacts& topic) {
  Result<Committed> committed =
      ask_committed(client_.get(), settings_.group, settings_.topic, topic.partitions.size(), left());
  if (!committed) return committed.error();
  std::vector<int32_t> askable;
  for (size_t i = 0; i < topic.partitions.size(); ++i) {
    if (topic.partitions[i].leader >= 0) askable.push_back(static_cast<int32_t>(i));
  }
  const std::vector<Result<LogEnds>> log = ask_log_ends(client_.get(), settings_.topic, askable, left());
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
