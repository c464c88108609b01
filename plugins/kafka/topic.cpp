// SPDX-License-Identifier: Apache-2.0
#include "topic.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <mutex>

#include "client.hpp"
#include "fault.hpp"

namespace sluice::kafka {
namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// Of topics that are made. Kafka's own default, 1 MiB with the record's framing, is just less than what sources take
/// for one frame, and a dead letter has its reasons in headers on top.
constexpr int64_t made_message_bytes = int64_t{4} << 20;
constexpr milliseconds slice{100};
/// For what is good to know, and can be done without.
constexpr milliseconds config_patience{1000};
constexpr milliseconds longest_request{2000};
/// A name with several addresses is tried address by address, and after each all brokers count as down.
constexpr milliseconds other_addresses{500};

struct Free {
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
  void operator()(rd_kafka_NewTopic_t* topic) const { rd_kafka_NewTopic_destroy(topic); }
  void operator()(rd_kafka_ConfigResource_t* resource) const { rd_kafka_ConfigResource_destroy(resource); }
  void operator()(const rd_kafka_metadata_t* metadata) const { rd_kafka_metadata_destroy(metadata); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

/// Asks the cluster on the caller's thread; hears why it does not answer.
class Inquiry : public ClientListener {
 public:
  Inquiry(const Settings& settings, milliseconds deadline, const std::atomic<bool>& cancelled)
      : settings_(settings), ends_(Steady::now() + deadline), cancelled_(cancelled) {}

  Result<void> connect() {
    Result<Conf> conf = make_conf(settings_, Purpose::admin, settings_.brokers, this);
    if (!conf) return conf.error();
    Result<Client> client = Client::make(Purpose::admin, std::move(*conf));
    if (!client) return client.error();
    client_ = std::move(*client);
    return {};
  }

  /// The partitions of the topic; none: it is not there.
  Result<std::optional<int32_t>> partitions() {
    const Owned<rd_kafka_topic_t> topic(rd_kafka_topic_new(client_.get(), settings_.topic.c_str(), nullptr));
    for (milliseconds patience = slice;; patience = std::min(patience * 2, longest_request)) {
      const rd_kafka_metadata_t* raw = nullptr;
      const auto code = rd_kafka_metadata(client_.get(), 0, topic.get(), &raw, static_cast<int>(patience.count()));
      const Owned<const rd_kafka_metadata_t> metadata(raw);
      if (code == RD_KAFKA_RESP_ERR_NO_ERROR && metadata != nullptr && metadata->topic_cnt == 1) {
        answering_broker_ = metadata->orig_broker_id;
        const rd_kafka_metadata_topic_t& found = metadata->topics[0];
        if (found.err == RD_KAFKA_RESP_ERR_NO_ERROR && found.partition_cnt > 0)
          return std::optional(found.partition_cnt);
        if (found.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) return std::optional<int32_t>();
        if (category_of(found.err) == Category::operator_needed) return to_error(found.err, asking());
      } else if (category_of(code) == Category::operator_needed) {
        return to_error(code, asking());
      }
      if (const auto given_up = hopeless()) return *given_up;
    }
  }

  Result<void> create() {
    std::array<char, 256> why{};
    Owned<rd_kafka_NewTopic_t> topic(rd_kafka_NewTopic_new(settings_.topic.c_str(), settings_.partition_count,
                                                           settings_.replication, why.data(), why.size()));
    if (topic == nullptr) return operator_needed("cannot make topic \"" + settings_.topic + "\": " + why.data());
    rd_kafka_NewTopic_set_config(topic.get(), "retention.ms", std::to_string(settings_.retention_ms).c_str());
    rd_kafka_NewTopic_set_config(topic.get(), "max.message.bytes", std::to_string(made_message_bytes).c_str());
    const Owned<rd_kafka_queue_t> queue(rd_kafka_queue_new(client_.get()));
    rd_kafka_AdminOptions_t* options = admin_options(RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_NewTopic_t* topics[] = {topic.get()};
    rd_kafka_CreateTopics(client_.get(), topics, 1, options, queue.get());
    rd_kafka_AdminOptions_destroy(options);
    Result<Owned<rd_kafka_event_t>> event = answer(queue.get());
    if (!event) return event.error();
    const std::string making = "cannot make topic \"" + settings_.topic + "\"";
    if (const auto code = rd_kafka_event_error(event->get())) {
      return to_error(code, making, rd_kafka_event_error_string(event->get()));
    }
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

  /// Not every user may ask for these: without an answer they stay unknown.
  void read_config(Topic& topic) {
    Owned<rd_kafka_ConfigResource_t> resource(
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, settings_.topic.c_str()));
    const Owned<rd_kafka_queue_t> queue(rd_kafka_queue_new(client_.get()));
    rd_kafka_AdminOptions_t* options = admin_options(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, config_patience);
    std::array<char, 128> why{};
    rd_kafka_AdminOptions_set_broker(options, answering_broker_, why.data(), why.size());
    rd_kafka_ConfigResource_t* resources[] = {resource.get()};
    rd_kafka_DescribeConfigs(client_.get(), resources, 1, options, queue.get());
    rd_kafka_AdminOptions_destroy(options);
    Result<Owned<rd_kafka_event_t>> event = answer(queue.get());
    if (!event || rd_kafka_event_error(event->get()) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
    size_t count = 0;
    const rd_kafka_ConfigResource_t** found =
        rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event->get()), &count);
    for (size_t i = 0; i < count; ++i) {
      size_t entries = 0;
      const rd_kafka_ConfigEntry_t** all = rd_kafka_ConfigResource_configs(found[i], &entries);
      for (size_t e = 0; e < entries; ++e) {
        const char* name = rd_kafka_ConfigEntry_name(all[e]);
        const char* value = rd_kafka_ConfigEntry_value(all[e]);
        if (value == nullptr) continue;
        const auto read = [&](const char* wanted, std::optional<int64_t>& to) {
          if (std::strcmp(name, wanted) == 0) to = std::strtoll(value, nullptr, 10);
        };
        read("retention.ms", topic.retention_ms);
        read("max.message.bytes", topic.max_message_bytes);
        read("message.timestamp.before.max.ms", topic.timestamps.before_ms);
        read("message.timestamp.after.max.ms", topic.timestamps.after_ms);
      }
    }
  }

  bool is_over() const { return cancelled_.load() || Steady::now() >= ends_; }

 private:
  void on_client_log(int, std::string_view) override {}
  void on_client_error(rd_kafka_resp_err_t code, std::string_view reason) override {
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
      if (!down_since_) down_since_ = Steady::now();
      if (last_reason_.empty()) last_reason_ = reason;
      return;
    }
    last_reason_ = reason;
    const bool is_handshake_cut = code == RD_KAFKA_RESP_ERR__SSL && reason.find("isconnect") != reason.npos;
    if (category_of(code) == Category::operator_needed && !is_handshake_cut) {
      refused_ = to_error(code, "cannot use Kafka at " + settings_.brokers, std::string(reason));
    }
  }

  std::string asking() const {
    return "cannot ask Kafka at " + settings_.brokers + " about topic \"" + settings_.topic + "\"";
  }

  /// Hears what the client has to say, and tells whether to go on.
  std::optional<Error> hopeless() {
    rd_kafka_poll(client_.get(), 0);
    if (refused_) return refused_;
    const bool is_down = down_since_ && Steady::now() >= *down_since_ + other_addresses;
    if (!is_down && !is_over()) return std::nullopt;
    return transient("cannot reach Kafka at " + settings_.brokers +
                     (last_reason_.empty() ? ": no answer yet" : ": " + last_reason_));
  }

  rd_kafka_AdminOptions_t* admin_options(rd_kafka_admin_op_t operation, milliseconds longest = milliseconds::max()) {
    rd_kafka_AdminOptions_t* options = rd_kafka_AdminOptions_new(client_.get(), operation);
    const auto left = std::min(std::chrono::duration_cast<milliseconds>(ends_ - Steady::now()), longest).count();
    std::array<char, 128> why{};
    rd_kafka_AdminOptions_set_request_timeout(options, static_cast<int>(std::max<int64_t>(left, 100)), why.data(),
                                              why.size());
    return options;
  }

  Result<Owned<rd_kafka_event_t>> answer(rd_kafka_queue_t* queue) {
    while (true) {
      Owned<rd_kafka_event_t> event(rd_kafka_queue_poll(queue, static_cast<int>(slice.count())));
      if (event != nullptr) return event;
      if (const auto given_up = hopeless()) return *given_up;
    }
  }

  const Settings& settings_;
  const Steady::time_point ends_;
  const std::atomic<bool>& cancelled_;
  std::optional<Steady::time_point> down_since_;
  int32_t answering_broker_ = -1;
  std::string last_reason_;
  std::optional<Error> refused_;
  Client client_;
};

std::string days(int64_t retention_ms) {
  if (retention_ms < 0) return "for ever";
  constexpr int64_t second = 1000;
  constexpr int64_t hour = 3600 * second;
  constexpr int64_t day = 24 * hour;
  if (retention_ms % day == 0) return "for " + std::to_string(retention_ms / day) + "d";
  if (retention_ms % hour == 0) return "for " + std::to_string(retention_ms / hour) + "h";
  return "for " + std::to_string(retention_ms / second) + "s";
}

Result<void> compare(const Settings& settings, Topic& topic) {
  const std::string subject = "topic \"" + settings.topic + "\" at " + settings.brokers;
  const std::string has = subject + " has " + std::to_string(topic.partition_count) +
                          (topic.partition_count == 1 ? " partition" : " partitions");
  for (const auto& [key, partition] : settings.partitions) {
    if (partition < topic.partition_count) continue;
    return operator_needed(has + ", and `partitions` sends " + key + " to partition " + std::to_string(partition) +
                               "; add partitions to the topic, or change the map",
                           "too_few_partitions");
  }
  if (settings.has_partition_count && settings.partition_count != topic.partition_count) {
    topic.differences.push_back(has + ", and partition_count says " + std::to_string(settings.partition_count));
  }
  if (topic.retention_ms && *topic.retention_ms != settings.retention_ms && settings.has_retention) {
    topic.differences.push_back(subject + " keeps records " + days(*topic.retention_ms) + ", and the graph says " +
                                days(settings.retention_ms).substr(4) + "; it stays as it is");
  }
  return {};
}

}  // namespace

Result<Topic> ensure_topic(const Settings& settings, milliseconds deadline, const std::atomic<bool>& cancelled) {
  Inquiry inquiry(settings, deadline, cancelled);
  if (Result<void> connected = inquiry.connect(); !connected) return connected.error();
  Topic topic;
  while (true) {
    Result<std::optional<int32_t>> partitions = inquiry.partitions();
    if (!partitions) return partitions.error();
    if (*partitions) {
      topic.partition_count = **partitions;
      break;
    }
    if (!settings.create) {
      return operator_needed(
          "topic \"" + settings.topic + "\" does not exist at " + settings.brokers + "; make it, or say create: true",
          "UNKNOWN_TOPIC_OR_PART");
    }
    // One that was just made is not known to every broker at once.
    if (!topic.was_made) {
      if (Result<void> made = inquiry.create(); !made) return made.error();
    }
    topic.was_made = true;
    if (inquiry.is_over()) return transient("topic \"" + settings.topic + "\" was made, and no broker knows it yet");
  }
  inquiry.read_config(topic);
  if (Result<void> fits = compare(settings, topic); !fits) return fits.error();
  return topic;
}

}  // namespace sluice::kafka
