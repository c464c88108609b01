// SPDX-License-Identifier: Apache-2.0
#include "group_facts.hpp"

#include <algorithm>
#include <memory>

#include "fault.hpp"
#include "start_mark.hpp"

namespace sluice::kafka {
namespace {

using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

struct DestroyGroups {
  void operator()(const struct rd_kafka_group_list* list) const { rd_kafka_group_list_destroy(list); }
};
using GroupList = std::unique_ptr<const struct rd_kafka_group_list, DestroyGroups>;

std::string text_of(const char* text) { return text == nullptr ? std::string() : text; }

/// As members of Kafka's own protocol write it: a version, then how many topics there are.
bool has_partitions(const struct rd_kafka_group_member_info& member) {
  const auto* bytes = static_cast<const uint8_t*>(member.member_assignment);
  return member.member_assignment_size >= 6 && (bytes[2] | bytes[3] | bytes[4] | bytes[5]) != 0;
}

/// Kafka writes addresses with a slash before them.
std::string holder_text(const struct rd_kafka_group_member_info& member) {
  const std::string host = text_of(member.client_host);
  return text_of(member.client_id) + " at " + host.substr(host.starts_with('/') ? 1 : 0);
}

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

bool is_of_instance(std::string_view member_id, std::string_view instance) {
  constexpr size_t uuid_size = 36;
  return member_id.size() == instance.size() + 1 + uuid_size && member_id.starts_with(instance) &&
         member_id[instance.size()] == '-';
}

/// By librdkafka's older function for it: the one of its admin interface aborts the process, up to 2.0, when the
/// group's coordinator goes away in the wrong moment.
Result<GroupFacts> ask_group(rd_kafka_t* client, const std::string& group, milliseconds patience) {
  const std::string asking = "cannot ask about group \"" + group + "\"";
  const struct rd_kafka_group_list* raw = nullptr;
  const rd_kafka_resp_err_t code =
      rd_kafka_list_groups(client, group.c_str(), &raw, static_cast<int>(patience.count()));
  const GroupList list(raw);
  // Not every broker has answered; the one that has the group has.
  const bool is_answered = code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR__PARTIAL;
  if (!is_answered || list == nullptr) return to_error(code, asking);
  GroupFacts facts;
  for (int i = 0; i < list->group_cnt; ++i) {
    const struct rd_kafka_group_info& found = list->groups[i];
    if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR) return to_error(found.err, asking);
    for (int m = 0; m < found.member_cnt; ++m) {
      facts.members.push_back(text_of(found.members[m].member_id));
      if (has_partitions(found.members[m])) facts.holder = holder_text(found.members[m]);
    }
    if (found.member_cnt > 0) facts.assignor = text_of(found.protocol);
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

Result<void> may_read_group(rd_kafka_t* client, const Settings& settings, milliseconds patience) {
  const PartitionList list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), settings.topic.c_str(), 0);
  const rd_kafka_resp_err_t code = ask_committed(client, list.get(), patience);
  if (category_of(code) != Category::operator_needed) return {};
  return to_error(code, "cannot read as group \"" + settings.group + "\"");
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
