// SPDX-License-Identifier: Apache-2.0
#include "producer.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace sluice::kafka {
namespace {

constexpr int64_t least_message_bytes = 1000;  // bounds of librdkafka
constexpr int64_t most_message_bytes = 1'000'000'000;

/// A record that the topic would refuse is refused before it shares a set with others.
Result<void> limit_messages(const Topic& topic, rd_kafka_conf_t* conf, const Settings& settings) {
  if (!topic.max_message_bytes) return {};
  int64_t bytes = std::clamp(*topic.max_message_bytes, least_message_bytes, most_message_bytes);
  for (const auto& [name, value] : settings.options) {
    if (name == "message.max.bytes") bytes = std::min<int64_t>(bytes, std::strtoll(value.c_str(), nullptr, 10));
  }
  return set(conf, "message.max.bytes", std::to_string(bytes));
}

/// One set a partition and flush, and none before: a set that is refused must have nothing behind it.
Result<void> set_up_sifting(rd_kafka_conf_t* conf) {
  constexpr std::pair<const char*, const char*> properties[] = {
      {"enable.gapless.guarantee", "false"},
      {"linger.ms", "60000"},
      {"batch.num.messages", "10000"},
      {"batch.size", "1000000"},
  };
  for (const auto& [name, value] : properties) {
    if (Result<void> done = set(conf, name, value); !done) return done;
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Producer>> Producer::make(const Settings& settings, const std::string& brokers,
                                                 const Topic& topic, Owner& owner, Manner manner) {
  Result<Conf> conf = make_conf(settings, Purpose::producer, brokers, &owner);
  if (!conf) return conf.error();
  if (Result<void> limited = limit_messages(topic, conf->get(), settings); !limited) return limited.error();
  const bool is_sifting = manner == Manner::sifting;
  if (is_sifting) {
    if (Result<void> done = set_up_sifting(conf->get()); !done) return done.error();
  }
  if (settings.is_embedded) {
    if (Result<void> plain = set(conf->get(), "compression.codec", "none"); !plain) return plain.error();
  }
  rd_kafka_conf_set_dr_msg_cb(conf->get(), [](rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
    static_cast<Owner*>(static_cast<ClientListener*>(opaque))->on_delivery(*message);
  });
  Result<Client> client = Client::make(Purpose::producer, std::move(*conf));
  if (!client) return client.error();
  return std::unique_ptr<Producer>(new Producer(std::move(*client), topic, settings.topic, is_sifting));
}

Producer::Producer(Client client, const Topic& topic, const std::string& name, bool is_sifting)
    : client_(std::move(client)),
      is_sifting_(is_sifting),
      topic_(rd_kafka_topic_new(client_.get(), name.c_str(), nullptr)),
      reports_(rd_kafka_queue_get_main(client_.get())),
      partitions_(rd_kafka_topic_partition_list_new(topic.partition_count)) {
  rd_kafka_topic_partition_list_add_range(partitions_.get(), name.c_str(), 0, topic.partition_count - 1);
}

Producer::~Producer() {
  rd_kafka_queue_destroy(reports_);
  rd_kafka_topic_destroy(topic_);
}

void Producer::poll(std::chrono::milliseconds longest) {
  rd_kafka_poll(client_.get(), static_cast<int>(longest.count()));
}

bool Producer::hold(std::chrono::milliseconds longest) {
  const auto pause = [this] {
    rd_kafka_pause_partitions(client_.get(), partitions_.get());
    const rd_kafka_topic_partition_t* all = partitions_->elems;
    return std::any_of(all, all + partitions_->cnt,
                       [](const auto& each) { return each.err == RD_KAFKA_RESP_ERR_NO_ERROR; });
  };
  is_holding_ = pause() || (ask(longest) == RD_KAFKA_RESP_ERR_NO_ERROR && pause());
  return is_holding_;
}

void Producer::flush(std::chrono::milliseconds longest) {
  if (std::exchange(is_holding_, false)) rd_kafka_resume_partitions(client_.get(), partitions_.get());
  rd_kafka_flush(client_.get(), static_cast<int>(longest.count()));
}

void Producer::yield() { rd_kafka_yield(client_.get()); }
void Producer::wake() { rd_kafka_queue_yield(reports_); }
int Producer::waiting() const { return rd_kafka_outq_len(client_.get()); }

void Producer::purge(bool in_flight) {
  rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | (in_flight ? RD_KAFKA_PURGE_F_INFLIGHT : 0));
}

bool Producer::is_broken() const {
  return rd_kafka_fatal_error(client_.get(), nullptr, 0) != RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t Producer::ask(std::chrono::milliseconds longest) {
  const rd_kafka_metadata_t* metadata = nullptr;
  const auto code = rd_kafka_metadata(client_.get(), 0, topic_, &metadata, static_cast<int>(longest.count()));
  if (metadata != nullptr) rd_kafka_metadata_destroy(metadata);
  return code;
}

}  // namespace sluice::kafka
