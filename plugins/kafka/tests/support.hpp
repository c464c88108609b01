// SPDX-License-Identifier: Apache-2.0
// What the tests of the relay share: the node type, options for the embedded log and for a mock cluster that stands in
// for a real one, and a plain reader of a topic that knows nothing of the plugin's own output half.
#pragma once
#include <librdkafka/rdkafka.h>

#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch.hpp"
#include "embedded.hpp"
#include "sluice/testing/harness.hpp"

namespace kafka_test {

using namespace sluice::testing;
using namespace std::chrono_literals;

inline const sluice_node_type& kafka_type() { return find_type(sluice_plugin_v1(), "kafka"); }

inline Setup as_input(std::vector<std::string> attributes = {"symbol", "stream"}) {
  Setup setup;
  setup.role = SLUICE_ROLE_RELAY_INPUT;
  setup.attributes = std::move(attributes);
  return setup;
}

/// `more` replaces and adds.
inline Values with(Values options, Values more) {
  for (Field& field : more) {
    std::erase_if(options, [&](const Field& each) { return each.key == field.key; });
    options.push_back(std::move(field));
  }
  return options;
}

inline void must(const sluice::Result<void>& done) {
  if (!done) throw std::runtime_error(done.error().message);
}
inline bool all_settled(const Harness& node) {
  return node.await([&] { return node.owned_batches() == 0; }, 30s);
}

/// A cluster that nodes reach by host and port, as they do a real one.
class Cluster {
 public:
  explicit Cluster(int brokers = 1) {
    sluice::kafka::Conf conf(rd_kafka_conf_new());
    rd_kafka_conf_set_log_cb(conf.get(), [](const rd_kafka_t*, int, const char*, const char*) {});
    auto client = sluice::kafka::Client::make(sluice::kafka::Purpose::producer, std::move(conf));
    if (!client) throw std::runtime_error(client.error().message);
    client_ = std::move(*client);
    mock_ = rd_kafka_mock_cluster_new(client_.get(), brokers);
  }
  Cluster(const Cluster&) = delete;
  ~Cluster() { rd_kafka_mock_cluster_destroy(mock_); }
  std::string brokers() const { return rd_kafka_mock_cluster_bootstraps(mock_); }
  rd_kafka_mock_cluster_t* mock() const { return mock_; }
  void create(const std::string& topic, int partitions) {
    rd_kafka_mock_topic_create(mock_, topic.c_str(), partitions, 1);
  }

 private:
  sluice::kafka::Client client_;
  rd_kafka_mock_cluster_t* mock_ = nullptr;
};

struct Stored {
  int32_t partition;
  int64_t offset;
  int64_t timestamp_ms;
  std::string key;
  std::string payload;
  std::map<std::string, std::string> headers;
};

/// What a topic holds, partition by partition, in order.
inline std::vector<Stored> read_topic(const std::string& brokers, const std::string& topic, int32_t partitions) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  const auto put = [&](const char* name, const std::string& value) {
    if (rd_kafka_conf_set(conf, name, value.c_str(), nullptr, 0) != RD_KAFKA_CONF_OK) throw std::runtime_error(name);
  };
  put("bootstrap.servers", brokers);
  put("group.id", "kafka-test-reader");
  put("enable.auto.commit", "false");
  put("enable.partition.eof", "true");
  put("log_level", "0");
  char why[256];
  const std::unique_ptr<rd_kafka_t, void (*)(rd_kafka_t*)> reader(
      rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why), [](rd_kafka_t* client) {
        rd_kafka_consumer_close(client);
        rd_kafka_destroy(client);
      });
  if (reader == nullptr) throw std::runtime_error(why);
  rd_kafka_poll_set_consumer(reader.get());
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(partitions);
  for (int32_t i = 0; i < partitions; ++i) {
    rd_kafka_topic_partition_list_add(list, topic.c_str(), i)->offset = RD_KAFKA_OFFSET_BEGINNING;
  }
  rd_kafka_assign(reader.get(), list);
  rd_kafka_topic_partition_list_destroy(list);
  std::vector<std::vector<Stored>> all(static_cast<size_t>(partitions));
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  for (int32_t ended = 0; ended < partitions;) {
    rd_kafka_message_t* message = rd_kafka_consumer_poll(reader.get(), 20'000);
    if (message == nullptr || std::chrono::steady_clock::now() > until)
      throw std::runtime_error("the topic does not come to an end");
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      ++ended;
    } else if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      Stored record{message->partition, message->offset, rd_kafka_message_timestamp(message, nullptr), {}, {}, {}};
      if (message->key != nullptr) record.key.assign(static_cast<const char*>(message->key), message->key_len);
      record.payload.assign(static_cast<const char*>(message->payload), message->len);
      rd_kafka_headers_t* headers = nullptr;
      if (rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        const char* name = nullptr;
        const void* value = nullptr;
        size_t size = 0;
        for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == 0; ++i) {
          record.headers[name] = std::string(static_cast<const char*>(value), size);
        }
      }
      all[static_cast<size_t>(message->partition)].push_back(std::move(record));
    }
    rd_kafka_message_destroy(message);
  }
  std::vector<Stored> flat;
  for (auto& partition : all) std::move(partition.begin(), partition.end(), std::back_inserter(flat));
  return flat;
}

}  // namespace kafka_test
