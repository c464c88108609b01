// SPDX-License-Identifier: Apache-2.0
#include "output_records.hpp"

#include <cstring>

namespace sluice::kafka {
namespace {

constexpr size_t interned_size = 64;
constexpr size_t most_interned = 4096;

}  // namespace

RecordMaker::RecordMaker(Context context, const Settings& settings)
    : context_(context),
      topic_(context.intern(settings.topic)),
      topic_slot_(context.attribute("topic")),
      partition_slot_(context.attribute("partition")),
      offset_slot_(context.attribute("offset")) {
  const auto add = [&](const std::string& attribute, std::string header) {
    const int32_t slot = context_.attribute(attribute);
    if (slot < 0) return;
    texts_.push_back({slot, std::move(header)});
  };
  if (!settings.key.empty()) add(settings.key, "");
  for (const std::string& header : settings.headers) {
    if (header == settings.key) continue;
    add(header, header);
    needs_headers_ = true;
  }
  if (texts_.empty() || (texts_.size() == 1 && texts_[0].header.empty())) needs_headers_ = false;
}

RecordMaker::Found RecordMaker::intern(Text& attribute, const char* data, size_t size) {
  const std::string_view text(data, size);
  if (attribute.last.data() != nullptr && attribute.last == text) return {attribute.last, true, true};
  if (size > interned_size) return {text, true, false};
  if (const auto found = attribute.known.find(text); found != attribute.known.end()) {
    attribute.last = *found;
    return {*found, true, true};
  }
  if (attribute.known.size() >= most_interned) return {text, true, false};
  attribute.last = context_.intern(text);
  attribute.known.insert(attribute.last);
  return {attribute.last, true, true};
}

RecordMaker::Found RecordMaker::find(Text& attribute, const rd_kafka_message_t& message, rd_kafka_headers_t* headers) {
  if (attribute.header.empty()) {
    if (message.key == nullptr) return {};
    return intern(attribute, static_cast<const char*>(message.key), message.key_len);
  }
  const void* value = nullptr;
  size_t size = 0;
  if (headers == nullptr ||
      rd_kafka_header_get_last(headers, attribute.header.c_str(), &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR ||
      value == nullptr) {
    return {};
  }
  return intern(attribute, static_cast<const char*>(value), size);
}

/// Bytes that the batch's buffer must have.
uint64_t RecordMaker::find_texts(std::span<const Fetched> fetched) {
  found_.clear();
  uint64_t bytes = 0;
  for (const Fetched& each : fetched) {
    bytes += each.message->len;
    rd_kafka_headers_t* headers = nullptr;
    if (needs_headers_) rd_kafka_message_headers(each.message, &headers);
    for (Text& attribute : texts_) {
      found_.push_back(find(attribute, *each.message, headers));
      if (!found_.back().is_interned) bytes += found_.back().text.size();
    }
  }
  return bytes;
}

Batch RecordMaker::make(std::span<const Fetched> fetched) {
  const uint64_t bytes = find_texts(fetched);
  const Buffer buffer = context_.new_buffer(bytes);
  Batch batch = context_.new_batch(static_cast<uint32_t>(fetched.size()));
  const uint32_t pinned = batch.pin(buffer);
  uint8_t* to = buffer.data();
  const Found* found = found_.data();
  for (const Fetched& each : fetched) {
    const rd_kafka_message_t& message = *each.message;
    Record record = batch.append();
    if (message.len != 0) std::memcpy(to, message.payload, message.len);
    record.set_payload(to, static_cast<uint32_t>(message.len), pinned);
    to += message.len;
    rd_kafka_timestamp_type_t kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    const int64_t time_ms = rd_kafka_message_timestamp(&message, &kind);
    record.set_receive_time_ns(kind == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? context_.now_ns() : time_ms * 1'000'000);
    for (const Text& attribute : texts_) {
      std::string_view text = found->text;
      if (found->is_there && !found->is_interned && !text.empty()) {
        std::memcpy(to, text.data(), text.size());
        text = {reinterpret_cast<const char*>(to), text.size()};
        to += text.size();
      }
      if (found->is_there) record.set_text(attribute.slot, text);
      ++found;
    }
    record.set_text(topic_slot_, topic_);
    record.set_integer(partition_slot_, message.partition);
    record.set_integer(offset_slot_, message.offset);
  }
  return batch;
}

}  // namespace sluice::kafka
