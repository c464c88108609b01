// SPDX-License-Identifier: Apache-2.0
// Asks a cluster, on a client of its own and the caller's thread, what a start and `validate --connect` want to know:
// what the topic is like, whether it can be made, what the group has committed. Both ask here, so what one of them
// accepts the other accepts. Each question waits for its answer until the deadline; none but `create` changes anything,
// none joins a group. A cluster that cannot be reached or refuses the user ends a question early, with the reason.
#pragma once
#include <librdkafka/rdkafka.h>

#include <atomic>
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

class Inquiry : private ClientListener {
 public:
  enum class Creation { real, dry_run };

  /// `cancelled` ends the questions early; both arguments outlive this.
  static Result<std::unique_ptr<Inquiry>> make(const Settings& settings, std::chrono::milliseconds deadline,
                                               const std::atomic<bool>& cancelled);
  Inquiry(const Inquiry&) = delete;
  ~Inquiry() override = default;

  /// Nothing: the topic is not there. To be asked first.
  Result<std::optional<TopicFacts>> topic();
  /// The cluster has answered for the topic, be it with a refusal: it can be asked for other things.
  bool is_answering() const { return is_answering_; }
  bool is_over() const { return cancelled_.load() || Steady::now() >= ends_; }

  Result<void> create(Creation how);
  Result<ConfigTexts> topic_config(std::chrono::milliseconds longest);
  Result<ConfigTexts> broker_config(std::chrono::milliseconds longest);
  Result<void> may_read_group();
  Result<GroupFacts> group();
  /// Of every partition, in order; nothing where it has no leader that could say.
  Result<std::vector<std::optional<Offsets>>> offsets(const TopicFacts& topic);

 private:
  using Steady = std::chrono::steady_clock;
  using milliseconds = std::chrono::milliseconds;
  Inquiry(const Settings& settings, milliseconds deadline, const std::atomic<bool>& cancelled)
      : settings_(settings), ends_(Steady::now() + deadline), cancelled_(cancelled) {}
  void on_client_log(int, std::string_view) override {}
  void on_client_error(rd_kafka_resp_err_t code, std::string_view reason) override;
  std::optional<Error> hopeless();
  milliseconds left() const;
  AdminOptions admin_options(rd_kafka_admin_op_t operation, milliseconds longest) const;
  Result<Event> answer(rd_kafka_queue_t* queue, const std::string& asking);
  Result<ConfigTexts> config(rd_kafka_ResourceType_t kind, const std::string& name, milliseconds longest);

  const Settings& settings_;
  const Steady::time_point ends_;
  const std::atomic<bool>& cancelled_;
  bool is_answering_ = false;
  int32_t broker_ = -1;  ///< one that answers
  std::optional<Steady::time_point> down_since_;
  std::string last_reason_;
  std::optional<Error> refused_;
  Client client_;  ///< goes first: it calls the listener
};

}  // namespace sluice::kafka
