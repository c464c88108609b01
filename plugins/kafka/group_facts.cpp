// SPDX-License-Identifier: Apache-2.0
#include "group_facts.hpp"

#include <algorithm>
#include <array>

#include "fault.hpp"
#include "start_mark.hpp"

namespace sluice::kafka {
namespace {

using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

std::string text_of(const char* text) { return text == nullptr ? std::string() : text; }

/// Without a mark another program, or an older one, began: then it had at least what it has committed of, and where it
/// has committed nothing it begins now.
int32_t first_count_of(const rd_kafka_topic_partition_list_t& list) {
  std::optional<int32_t> marked;
  int32_t committed = 0;
  for (int i = 0; i < list.cnt; ++i) {
    const rd_kafka_topic_partition_t& each = list.elems[i];
    if (each.offset < 0) continue;
    committed = std::max(committed, each.partition + 1);
    const auto mark = read_start_mark({static_cast<const char*>(each.metadata), each.metadata_size});
    if (mark) marked = std::min(marked.value_or(*mark), *mark);
  }
  if (marked) return *marked;
  return committed > 0 ? committed : list.cnt;
}

}  // namespace

Result<GroupFacts> ask_group(rd_kafka_t* client, const std::string& group, milliseconds patience) {
  const std::string asking = "cannot ask about group \"" + group + "\"";
  const AdminOptions options(rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS));
  std::array<char, 128> why{};
  rd_kafka_AdminOptions_set_request_timeout(options.get(), static_cast<int>(patience.count()), why.data(), why.size());
  const Queue queue(rd_kafka_queue_new(client));
  const char* name = group.c_str();
  rd_kafka_DescribeConsumerGroups(client, &name, 1, options.get(), queue.get());
  const Event event(rd_kafka_queue_poll(queue.get(), static_cast<int>(patience.count()) + 1000));
  if (event == nullptr) return transient(asking + ": no answer came in time");
  if (const rd_kafka_resp_err_t code = rd_kafka_event_error(event.get())) {
    return to_error(code, asking, text_of(rd_kafka_event_error_string(event.get())));
  }
  size_t count = 0;
  const rd_kafka_ConsumerGroupDescription_t** groups =
      rd_kafka_DescribeConsumerGroups_result_groups(rd_kafka_event_DescribeConsumerGroups_result(event.get()), &count);
  GroupFacts facts;
  for (size_t i = 0; i < count; ++i) {
    if (const rd_kafka_error_t* failed = rd_kafka_ConsumerGroupDescription_error(groups[i])) {
      return to_error(rd_kafka_error_code(failed), asking, rd_kafka_error_string(failed));
    }
    const size_t members = rd_kafka_ConsumerGroupDescription_member_count(groups[i]);
    for (size_t m = 0; m < members; ++m) {
      const rd_kafka_MemberDescription_t* member = rd_kafka_ConsumerGroupDescription_member(groups[i], m);
      facts.members.push_back({text_of(rd_kafka_MemberDescription_consumer_id(member)),
                               text_of(rd_kafka_MemberDescription_group_instance_id(member))});
    }
    if (members > 0) facts.assignor = text_of(rd_kafka_ConsumerGroupDescription_partition_assignor(groups[i]));
  }
  return facts;
}

rd_kafka_resp_err_t ask_committed(rd_kafka_t* client, rd_kafka_topic_partition_list_t* list, milliseconds patience) {
  const auto deadline = Steady::now() + patience;
  for (milliseconds slice{20};; slice *= 2) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - Steady::now());
    const auto wait_ms = std::max<int64_t>(std::min(slice, left).count(), 1);
    const rd_kafka_resp_err_t code = rd_kafka_committed(client, list, static_cast<int>(wait_ms));
    const bool is_too_early = code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__WAIT_COORD;
    if (!is_too_early || left <= slice) return code;
  }
}

Result<Committed> ask_committed(rd_kafka_t* client, const std::string& group, const std::string& topic,
                                size_t partition_count, milliseconds patience) {
  const std::string what = "cannot ask for the committed offsets of group \"" + group + "\"";
  const auto count = static_cast<int>(partition_count);
  const PartitionList list(rd_kafka_topic_partition_list_new(count));
  for (int32_t number = 0; number < count; ++number) {
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), number);
  }
  const rd_kafka_resp_err_t code = ask_committed(client, list.get(), patience);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return to_error(code, what);
  Committed committed;
  committed.offsets.resize(partition_count);
  for (int i = 0; i < list->cnt; ++i) {
    const rd_kafka_topic_partition_t& each = list->elems[i];
    if (each.err != RD_KAFKA_RESP_ERR_NO_ERROR) return to_error(each.err, what);
    if (each.offset >= 0) committed.offsets[static_cast<size_t>(each.partition)] = each.offset;
  }
  committed.first_partition_count = first_count_of(*list);
  return committed;
}

}  // namespace sluice::kafka
