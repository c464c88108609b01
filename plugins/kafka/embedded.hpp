// SPDX-License-Identifier: Apache-2.0
// `brokers: embedded`: librdkafka's mock cluster, one for the whole process, shared by every half that names it and
// gone with the last. It keeps about 5 MiB a partition in memory and evicts its oldest records in silence beyond that,
// so what is written and not yet committed by every reader is counted (EmbeddedTopic), and the input half withdraws
// credit before anything unread could go.
#pragma once
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "client.hpp"
#include "embedded_topic.hpp"

namespace sluice::kafka {

class Embedded {
 public:
  /// The process's cluster; made at the first call, and again after the last holder has let go.
  static Result<std::shared_ptr<Embedded>> get();
  Embedded(const Embedded&) = delete;
  ~Embedded();

  const std::string& brokers() const { return brokers_; }
  /// Makes the topic where it is missing; one that is there stays as it is. Never waits for a broker.
  Result<std::shared_ptr<EmbeddedTopic>> topic(const std::string& name, int32_t partitions);
  /// For tests: errors and delays may be injected.
  rd_kafka_mock_cluster_t* mock() const { return cluster_; }

 private:
  Embedded(Client client, rd_kafka_mock_cluster_t* cluster);
  Client client_;
  rd_kafka_mock_cluster_t* cluster_;
  const std::string brokers_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<EmbeddedTopic>> topics_;
};

}  // namespace sluice::kafka
