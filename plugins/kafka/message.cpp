// SPDX-License-Identifier: Apache-2.0
#include "message.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

namespace sluice::kafka {
namespace {

constexpr int64_t ns_per_ms = 1'000'000;
constexpr std::string_view receive_time_header = "receive_time";

int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

rd_kafka_vu_t vu(rd_kafka_vtype_t type) {
  rd_kafka_vu_t made{};
  made.vtype = type;
  return made;
}

}  // namespace

MessageMaker::MessageMaker(Context context, const Settings& settings, int32_t partition_count)
    : key_name_(settings.key),
      topic_name_(settings.topic),
      key_slot_(settings.key.empty() ? -1 : context.attribute(settings.key)),
      reason_slot_(context.attribute("reject_reason")),
      partitions_(settings, partition_count) {
  const auto ask = [&](std::vector<Header>& list, const std::string& name) {
    if (const int32_t slot = context.attribute(name); slot >= 0) list.push_back({name, slot});
  };
  for (const std::string& name : settings.headers) ask(headers_, name);
  for (const char* name : {"reject_reason", "reject_code", "reject_node", "topic", "partition", "offset"}) {
    const bool is_listed = std::find(settings.headers.begin(), settings.headers.end(), name) != settings.headers.end();
    if (!is_listed) ask(reject_headers_, name);
  }
}

std::string_view MessageMaker::digits_of(int64_t number, Digits& digits) {
  const auto end = std::to_chars(digits.text, digits.text + sizeof digits.text, number).ptr;
  return {digits.text, static_cast<size_t>(end - digits.text)};
}

std::optional<int32_t> MessageMaker::partition_of(const Record& record) const {
  Digits digits;
  return partitions_.of(text_of(record, key_slot_, digits));
}

bool MessageMaker::has_key(const Record& record) const {
  return key_slot_ >= 0 && record.attribute(key_slot_).kind != SLUICE_ABSENT;
}

Error MessageMaker::key_error(const Record& record) const {
  Digits digits;
  const auto key = text_of(record, key_slot_, digits);
  const std::string what = key ? "the key " + key_name_ + "=\"" + std::string(*key) + "\" has no partition"
                               : "the record has no attribute " + key_name_ + ", and so no partition";
  return permanent(what + " in topic \"" + topic_name_ + "\"; add it to `partitions`, or say other_keys: hash",
                   "unknown_key");
}

void MessageMaker::add(const Record& record, const std::vector<Header>& from, rd_kafka_headers_t*& to) const {
  for (const Header& header : from) {
    Digits digits;
    const auto text = text_of(record, header.slot, digits);
    if (!text) continue;
    if (to == nullptr) to = rd_kafka_headers_new(from.size());
    rd_kafka_header_add(to, header.name.data(), static_cast<ssize_t>(header.name.size()), text->data(),
                        static_cast<ssize_t>(text->size()));
  }
}

void MessageMaker::add_reject(const Record& record, rd_kafka_headers_t*& to) const {
  add(record, reject_headers_, to);
  Digits digits;
  const std::string_view received = digits_of(record.receive_time_ns(), digits);
  if (to == nullptr) to = rd_kafka_headers_new(1);
  rd_kafka_header_add(to, receive_time_header.data(), static_cast<ssize_t>(receive_time_header.size()), received.data(),
                      static_cast<ssize_t>(received.size()));
}

rd_kafka_resp_err_t MessageMaker::produce(rd_kafka_t* client, rd_kafka_topic_t* topic, const Record& record,
                                          int32_t partition, void* opaque) const {
  rd_kafka_headers_t* headers = nullptr;
  add(record, headers_, headers);
  const bool is_dead = is_dead_letter(record);
  if (is_dead) add_reject(record, headers);
  Digits digits;
  const auto key = text_of(record, key_slot_, digits);
  rd_kafka_vu_t parts[] = {vu(RD_KAFKA_VTYPE_RKT),    vu(RD_KAFKA_VTYPE_PARTITION), vu(RD_KAFKA_VTYPE_VALUE),
                           vu(RD_KAFKA_VTYPE_KEY),    vu(RD_KAFKA_VTYPE_TIMESTAMP), vu(RD_KAFKA_VTYPE_OPAQUE),
                           vu(RD_KAFKA_VTYPE_HEADERS)};
  const std::string_view payload = record.payload();
  parts[0].u.rkt = topic;
  parts[1].u.i32 = partition;
  // librdkafka only reads it; no flag says copy, none says free.
  // No payload at all would be a deletion mark; an empty one is a value.
  parts[2].u.mem.ptr = const_cast<char*>(payload.empty() ? "" : payload.data());
  parts[2].u.mem.size = payload.size();
  parts[3].u.mem.ptr = key ? const_cast<char*>(key->data()) : nullptr;
  parts[3].u.mem.size = key ? key->size() : 0;
  // The time of a dead letter may be why it is one: a topic would refuse it again.
  parts[4].u.i64 = is_dead ? now_ms() : record.receive_time_ns() / ns_per_ms;
  parts[5].u.ptr = opaque;
  parts[6].u.headers = headers;
  const size_t count = headers == nullptr ? 6 : 7;
  rd_kafka_error_t* refused = rd_kafka_produceva(client, parts, count);
  if (refused == nullptr) return RD_KAFKA_RESP_ERR_NO_ERROR;
  const rd_kafka_resp_err_t code = rd_kafka_error_code(refused);
  rd_kafka_error_destroy(refused);
  // Only a message that was taken owns its headers.
  if (headers != nullptr) rd_kafka_headers_destroy(headers);
  return code;
}

uint64_t MessageMaker::bytes_of(const Record& record) const {
  uint64_t bytes = record.payload().size();
  Digits digits;
  if (const auto key = text_of(record, key_slot_, digits)) bytes += key->size();
  for (const auto* list : {&headers_, &reject_headers_}) {
    for (const Header& header : *list) {
      if (const auto text = text_of(record, header.slot, digits)) bytes += header.name.size() + text->size() + 10;
    }
  }
  if (is_dead_letter(record)) {
    bytes += receive_time_header.size() + sizeof digits.text + 10;
  }
  return bytes;
}

}  // namespace sluice::kafka
