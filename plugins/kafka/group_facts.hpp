// SPDX-License-Identifier: Apache-2.0
// What a cluster says of a consumer group: who is in it, and what it has committed of a topic. Each question waits for
// its answer, as long as the caller says. Any thread; changes nothing, joins nothing.
#pragma once
#include <librdkafka/rdkafka.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rd_handles.hpp"
#include "settings.hpp"
#include "sluice/result.hpp"

namespace sluice::kafka {

struct GroupFacts {
  std::vector<std::string> members;  ///< their ids
  std::string assignor;              ///< empty without members
  std::string holder;                ///< client.id and address of a member that has partitions; empty: none has
};

/// Whether a member's id is one that Kafka gives to a static member with this `group.instance.id`.
bool is_of_instance(std::string_view member_id, std::string_view instance);

Result<GroupFacts> ask_group(rd_kafka_t* client, const std::string& group, std::chrono::milliseconds patience);

/// As rd_kafka_committed. A client looks for its group's coordinator once a second, and whenever it is asked: so it is
/// asked again and again.
rd_kafka_resp_err_t ask_committed(rd_kafka_t* client, rd_kafka_topic_partition_list_t* list,
                                  std::chrono::milliseconds patience);

/// Whether this user may read as the group. Without an answer he may, as far as is known.
Result<void> may_read_group(rd_kafka_t* client, const Settings& settings, std::chrono::milliseconds patience);

struct Committed {
  std::vector<std::optional<int64_t>> offsets;  ///< of every partition, by number
  /// Partitions that the topic had when the group began with it, as far as its commits say.
  int32_t first_partition_count = 0;
};

Result<Committed> ask_committed(rd_kafka_t* client, const std::string& group, const std::string& topic,
                                size_t partition_count, std::chrono::milliseconds patience);

}  // namespace sluice::kafka
