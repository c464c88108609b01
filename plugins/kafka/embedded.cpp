// SPDX-License-Identifier: Apache-2.0
#include "embedded.hpp"

#include "fault.hpp"

namespace sluice::kafka {

Result<std::shared_ptr<Embedded>> Embedded::get() {
  struct Process {
    std::mutex mutex;
    std::weak_ptr<Embedded> cluster;
  };
  // Made at the first use and never destroyed: a node may outlive the program's statics.
  static Process& process = *new Process;
  const std::lock_guard lock(process.mutex);
  if (std::shared_ptr<Embedded> running = process.cluster.lock()) return running;
  Conf conf(rd_kafka_conf_new());
  rd_kafka_conf_set_log_cb(conf.get(), [](const rd_kafka_t*, int, const char*, const char*) {});
  Result<Client> client = Client::make(Purpose::producer, std::move(conf));
  if (!client) return client.error();
  rd_kafka_mock_cluster_t* cluster = rd_kafka_mock_cluster_new(client->get(), 1);
  if (cluster == nullptr) {
    return operator_needed("the embedded log cannot listen on 127.0.0.1; is the limit of open files reached?");
  }
  const std::shared_ptr<Embedded> made(new Embedded(std::move(*client), cluster));
  process.cluster = made;
  return made;
}

Embedded::Embedded(Client client, rd_kafka_mock_cluster_t* cluster)
    : client_(std::move(client)), cluster_(cluster), brokers_(rd_kafka_mock_cluster_bootstraps(cluster)) {}

Embedded::~Embedded() { rd_kafka_mock_cluster_destroy(cluster_); }

Result<std::shared_ptr<EmbeddedTopic>> Embedded::topic(const std::string& name, int32_t partitions) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<EmbeddedTopic>& topic = topics_[name];
  if (topic != nullptr) return topic;
  const rd_kafka_resp_err_t code = rd_kafka_mock_topic_create(cluster_, name.c_str(), partitions, 1);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
    topics_.erase(name);
    return to_error(code, "cannot make topic \"" + name + "\" in the embedded log");
  }
  topic = std::make_shared<EmbeddedTopic>(partitions);
  return topic;
}

}  // namespace sluice::kafka
