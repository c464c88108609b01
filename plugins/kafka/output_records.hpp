// SPDX-License-Identifier: Apache-2.0
// Makes batches of what librdkafka has fetched: payloads copied into one buffer a batch, and the attributes that
// somebody reads: key, listed headers, topic, partition, offset. Texts that repeat are interned, so that they cost no
// copy. The time of receipt is the record's timestamp. A record without a value becomes an empty one.
#pragma once
#include <span>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "output_consumer.hpp"
#include "sluice/context.hpp"

namespace sluice::kafka {

/// A record of Kafka; its bytes live as long as the event.
struct Fetched {
  Event event;
  const rd_kafka_message_t* message;
  bool is_tombstone() const { return message->payload == nullptr; }
};

class RecordMaker {
 public:
  RecordMaker(Context context, const Settings& settings);
  /// Of one partition, in its order; not empty.
  Batch make(std::span<const Fetched> fetched);

 private:
  /// One text attribute, with the values that were seen of it.
  struct Text {
    int32_t slot = -1;
    std::string header;  ///< empty: the key
    std::string_view last{};
    std::unordered_set<std::string_view> known{};
  };
  struct Found {
    std::string_view text;
    bool is_there = false;
    bool is_interned = false;
  };
  Found intern(Text& attribute, const char* data, size_t size);
  Found find(Text& attribute, const rd_kafka_message_t& message, rd_kafka_headers_t* headers);
  uint64_t find_texts(std::span<const Fetched> fetched);

  Context context_;
  std::vector<Text> texts_;
  bool needs_headers_ = false;
  std::string_view topic_;
  int32_t topic_slot_, partition_slot_, offset_slot_;
  std::vector<Found> found_;  ///< of the batch in the making: texts_.size() for each record
};

}  // namespace sluice::kafka
