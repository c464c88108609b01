// SPDX-License-Identifier: Apache-2.0
// What a cluster says of a topic's partitions: who leads each, where its replicas are, and where it begins and ends.
// Each question is one request to each broker that is concerned, however many partitions there are, and waits for its
// answer, as long as the caller says. Any thread; changes nothing.
#pragma once
#include <librdkafka/rdkafka.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sluice/result.hpp"

namespace sluice::kafka {

struct PartitionFacts {
  int32_t leader = -1;            ///< less than 0: it has none now
  std::vector<int32_t> replicas;  ///< brokers
  int in_sync = 0;
};

struct TopicFacts {
  int32_t broker = -1;                     ///< one that answers; -1: none is known
  std::vector<PartitionFacts> partitions;  ///< by number
};

/// Nothing: the topic is not there. The error names the topic and `brokers`, where it was asked for.
Result<std::optional<TopicFacts>> ask_topic(rd_kafka_t* client, const std::string& brokers, const std::string& topic,
                                            std::chrono::milliseconds patience);

struct LogEnds {
  int64_t begin = -1;  ///< of the oldest record that is kept
  int64_t end = -1;    ///< behind the newest that may be read: with read_committed, the last stable offset
};

/// In the order of `partitions`, which must have leaders. One that cannot be answered for leaves the others alone.
std::vector<Result<LogEnds>> ask_log_ends(rd_kafka_t* client, const std::string& topic,
                                          const std::vector<int32_t>& partitions, std::chrono::milliseconds patience);
/// Only where they end.
std::vector<Result<int64_t>> ask_ends(rd_kafka_t* client, const std::string& topic,
                                      const std::vector<int32_t>& partitions, std::chrono::milliseconds patience);

}  // namespace sluice::kafka
