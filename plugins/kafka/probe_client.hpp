// SPDX-License-Identifier: Apache-2.0
// Questions to a cluster for as long as a probe takes: what a topic is like, what a group has committed, whether a
// topic could be made. Each waits for its answer, some seconds at most; none changes anything, and none joins a group.
#pragma once
#include <librdkafka/rdkafka.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client.hpp"
#include "group_facts.hpp"
#include "settings.hpp"
#include "sluice/result.hpp"
#include "start_position.hpp"
#include "topic_facts.hpp"

namespace sluice::kafka {

using ConfigTexts = std::map<std::string, std::string>;

class ProbeClient : private ClientListener {
 public:
  /// An error says why the cluster cannot be asked at all.
  static Result<std::unique_ptr<ProbeClient>> connect(const Settings& settings);
  ProbeClient(const ProbeClient&) = delete;
  ~ProbeClient() override = default;

  /// Nothing: the topic is not there.
  Result<std::optional<TopicFacts>> topic();
  Result<ConfigTexts> topic_config();
  Result<ConfigTexts> broker_config();
  /// Whether the topic could be made, by a dry run.
  Result<void> try_to_create();
  Result<GroupFacts> group();
  /// Of every partition, in order; nothing where it has no leader that could say.
  Result<std::vector<std::optional<Offsets>>> offsets(const TopicFacts& topic);

 private:
  explicit ProbeClient(const Settings& settings) : settings_(settings) {}
  void on_client_log(int, std::string_view) override {}
  void on_client_error(rd_kafka_resp_err_t code, std::string_view reason) override;
  std::optional<Error> hopeless();
  Result<ConfigTexts> config(rd_kafka_ResourceType_t kind, const std::string& name);

  const Settings& settings_;
  std::optional<Error> refused_;
  std::string last_reason_;
  std::optional<std::chrono::steady_clock::time_point> down_since_;
  int32_t broker_ = -1;  ///< the one that answered
  Client client_;
};

}  // namespace sluice::kafka
