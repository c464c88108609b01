// SPDX-License-Identifier: Apache-2.0
#include "topic_facts.hpp"

#include <algorithm>
#include <span>

#include "fault.hpp"
#include "rd_handles.hpp"

namespace sluice::kafka {
namespace {

using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

using Offset = Result<int64_t>;

/// Not a matter of single partitions: parts of the list would fare no better.
bool concerns_all(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__TRANSPORT ||
         code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
}

class OffsetsQuestion {
 public:
  /// `which` is one of librdkafka's logical offsets; the protocol's times for them are the same numbers.
  OffsetsQuestion(rd_kafka_t* client, const std::string& topic, int64_t which, Steady::time_point deadline)
      : client_(client), topic_(topic), which_(which), deadline_(deadline) {}

  /// librdkafka gives no offset at all when one partition has none. So then it is asked for halves of the list.
  void ask(std::span<const int32_t> numbers, std::vector<Offset>& offsets) {
    const PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(numbers.size())));
    for (const int32_t number : numbers) {
      rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), number)->offset = which_;
    }
    const auto left = std::chrono::duration_cast<milliseconds>(deadline_ - Steady::now());
    const auto left_ms = static_cast<int>(std::max<int64_t>(left.count(), 1));
    const rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(client_, list.get(), left_ms);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR && numbers.size() > 1 && !concerns_all(code) && left.count() > 0) {
      ask(numbers.first(numbers.size() / 2), offsets);
      return ask(numbers.subspan(numbers.size() / 2), offsets);
    }
    for (const int32_t number : numbers) {
      const rd_kafka_topic_partition_t* found = rd_kafka_topic_partition_list_find(list.get(), topic_.c_str(), number);
      if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        offsets.emplace_back(error(code, number));
      } else if (found->err != RD_KAFKA_RESP_ERR_NO_ERROR || found->offset < 0) {
        const bool has_code = found->err != RD_KAFKA_RESP_ERR_NO_ERROR;
        offsets.emplace_back(error(has_code ? found->err : RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, number));
      } else {
        offsets.emplace_back(found->offset);
      }
    }
  }

 private:
  Error error(rd_kafka_resp_err_t code, int32_t number) const {
    return to_error(
        code, "cannot ask where partition " + std::to_string(number) + " of topic \"" + topic_ + "\" begins and ends");
  }
  rd_kafka_t* const client_;
  const std::string& topic_;
  const int64_t which_;
  const Steady::time_point deadline_;
};

std::vector<Offset> ask_offsets(rd_kafka_t* client, const std::string& topic, const std::vector<int32_t>& partitions,
                                int64_t which, Steady::time_point deadline) {
  std::vector<Offset> offsets;
  if (!partitions.empty()) OffsetsQuestion(client, topic, which, deadline).ask(partitions, offsets);
  return offsets;
}

}  // namespace

Result<std::optional<TopicFacts>> ask_topic(rd_kafka_t* client, const std::string& brokers, const std::string& topic,
                                            milliseconds patience) {
  const std::string asking = "cannot ask Kafka at " + brokers + " about topic \"" + topic + "\"";
  const TopicHandle handle(rd_kafka_topic_new(client, topic.c_str(), nullptr));
  const rd_kafka_metadata_t* raw = nullptr;
  const rd_kafka_resp_err_t code = rd_kafka_metadata(client, 0, handle.get(), &raw, static_cast<int>(patience.count()));
  const Metadata metadata(raw);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return to_error(code, asking);
  if (metadata->topic_cnt != 1) return transient(asking + ": the answer does not name it");
  const rd_kafka_metadata_topic_t& found = metadata->topics[0];
  if (found.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) return std::optional<TopicFacts>();
  if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR) return to_error(found.err, asking);
  TopicFacts facts;
  // The first connection may not know yet whose it is.
  facts.broker = metadata->orig_broker_id;
  if (facts.broker < 0 && metadata->broker_cnt > 0) facts.broker = metadata->brokers[0].id;
  facts.partitions.resize(static_cast<size_t>(found.partition_cnt));
  for (int i = 0; i < found.partition_cnt; ++i) {
    const rd_kafka_metadata_partition_t& each = found.partitions[i];
    if (each.id < 0 || each.id >= found.partition_cnt) return transient(asking + ": partitions are missing");
    PartitionFacts& partition = facts.partitions[static_cast<size_t>(each.id)];
    partition.leader = each.leader;
    partition.replicas.assign(each.replicas, each.replicas + each.replica_cnt);
    partition.in_sync = each.isr_cnt;
  }
  return std::optional(std::move(facts));
}

std::vector<Result<int64_t>> ask_ends(rd_kafka_t* client, const std::string& topic,
                                      const std::vector<int32_t>& partitions, milliseconds patience) {
  return ask_offsets(client, topic, partitions, RD_KAFKA_OFFSET_END, Steady::now() + patience);
}

std::vector<Result<LogEnds>> ask_log_ends(rd_kafka_t* client, const std::string& topic,
                                          const std::vector<int32_t>& partitions, milliseconds patience) {
  // The end first: what is deleted meanwhile must not make a log that ends before it begins.
  const std::vector<Offset> last =
      ask_offsets(client, topic, partitions, RD_KAFKA_OFFSET_END, Steady::now() + patience);
  const std::vector<Offset> first =
      ask_offsets(client, topic, partitions, RD_KAFKA_OFFSET_BEGINNING, Steady::now() + patience);
  std::vector<Result<LogEnds>> ends;
  for (size_t i = 0; i < partitions.size(); ++i) {
    if (!first[i] || !last[i]) {
      ends.emplace_back((first[i] ? last[i] : first[i]).error());
    } else {
      ends.emplace_back(LogEnds{*first[i], std::max(*first[i], *last[i])});
    }
  }
  return ends;
}

}  // namespace sluice::kafka
