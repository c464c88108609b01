// SPDX-License-Identifier: Apache-2.0
// Makes Kafka's message from a record: key, partition, headers, timestamp. The payload is not copied: it must stay
// where it is until the delivery report. A dead letter carries why and where it was rejected as headers, its own time,
// and the place in the topic that it came from, where it has one; its timestamp is the time at which it is written.
#pragma once
#include <librdkafka/rdkafka.h>

#include <optional>
#include <string>
#include <vector>

#include "key_partitions.hpp"
#include "settings.hpp"
#include "sluice/context.hpp"

namespace sluice::kafka {

class MessageMaker {
 public:
  /// In `open`: asks for the slots of attributes. `partition_count` as of KeyPartitions.
  MessageMaker(Context context, const Settings& settings, int32_t partition_count);

  /// Nothing: the key has no partition, which key_error explains.
  std::optional<int32_t> partition_of(const Record& record) const;
  Error key_error(const Record& record) const;
  bool has_key(const Record& record) const;
  bool is_dead_letter(const Record& record) const {
    return reason_slot_ >= 0 && record.attribute(reason_slot_).kind != SLUICE_ABSENT;
  }
  /// An error of librdkafka, or none: then the message is on its way. `opaque` comes back with its delivery report.
  rd_kafka_resp_err_t produce(rd_kafka_t* client, rd_kafka_topic_t* topic, const Record& record, int32_t partition,
                              void* opaque) const;
  /// What the record takes in a log, at most: key, payload and headers.
  uint64_t bytes_of(const Record& record) const;

 private:
  struct Header {
    std::string name;
    int32_t slot;
  };
  struct Digits {
    char text[24];
  };
  [[gnu::noinline]] static std::string_view digits_of(int64_t number, Digits& digits);
  static std::optional<std::string_view> text_of(const Record& record, int32_t slot, Digits& digits) {
    if (slot < 0) return std::nullopt;
    const sluice_value& value = record.attribute(slot);
    if (value.kind == SLUICE_ABSENT) return std::nullopt;
    if (value.kind == SLUICE_VALUE_TEXT) return record.text(slot);
    return digits_of(value.as.integer, digits);
  }
  [[gnu::cold, gnu::noinline]] void add_reject(const Record& record, rd_kafka_headers_t*& to) const;
  void add(const Record& record, const std::vector<Header>& from, rd_kafka_headers_t*& to) const;

  const std::string key_name_;
  const std::string topic_name_;
  const int32_t key_slot_;
  std::vector<Header> headers_;
  const int32_t reason_slot_;
  std::vector<Header> reject_headers_;
  const KeyPartitions partitions_;
};

}  // namespace sluice::kafka
