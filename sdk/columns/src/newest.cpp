// SPDX-License-Identifier: Apache-2.0
#include "sluice/columns/newest.hpp"

#include <algorithm>
#include <cstring>

#include "payload_fields.hpp"

namespace sluice {
inline namespace v1 {
namespace columns {
Batch batch_of(Context context, std::span<const std::string> payloads) {
  size_t bytes = 0;
  for (const std::string& payload : payloads) bytes += payload.size();
  const Buffer buffer = context.new_buffer(bytes);
  Batch batch = context.new_batch(static_cast<uint32_t>(payloads.size()));
  const uint32_t pin = batch.pin(buffer);
  uint8_t* to = buffer.data();
  for (const std::string& payload : payloads) {
    std::memcpy(to, payload.data(), payload.size());
    batch.append().set_payload(to, static_cast<uint32_t>(payload.size()), pin);
    to += payload.size();
  }
  return batch;
}

Result<Newest> Newest::find(const Mapping& mapping, const std::vector<size_t>& conflict,
                            const sluice_tail_query& query) {
  const std::span key_fields(query.key_fields, query.key_field_count);
  const std::span order_fields(query.order_fields, query.order_field_count);
  Newest newest;
  for (const size_t position : conflict) {
    const Column& column = mapping.columns()[position];
    newest.order_fields_ = fields_of(column, order_fields);
    if (!newest.order_fields_.empty() && is_whole_number(column.type.kind)) {
      newest.order_ = position;
      break;
    }
    newest.order_fields_.clear();
    const std::vector<std::string> fields = fields_of(column, key_fields);
    if (fields.size() != 1 || column.paths.size() != 1 || column.type.kind != TypeKind::text) break;
    newest.keys_.push_back(position);
    newest.key_fields_.push_back(fields.front());
  }
  // A key that the table has and the target does not begin with would mix what belongs apart.
  bool is_whole = !newest.order_fields_.empty();
  for (size_t i = 0; i < mapping.size(); ++i) {
    const bool is_key = !fields_of(mapping.columns()[i], key_fields).empty();
    is_whole = is_whole && (!is_key || std::count(newest.keys_.begin(), newest.keys_.end(), i) == 1);
  }
  if (is_whole) return newest;
  const auto list = [](std::span<const sluice_str> fields, std::string_view between) {
    std::string text;
    for (const sluice_str& field : fields)
      text += (text.empty() ? "" : std::string(between)) + std::string(to_view(field));
    return text;
  };
  return operator_needed("`conflict` must begin with the columns of " + list(key_fields, ", ") +
                         " and then the whole number of " + list(order_fields, " or "));
}

std::string Newest::payload(std::span<const std::string> key_texts, std::string_view number) const {
  std::string json = "{";
  for (size_t i = 0; i < key_fields_.size(); ++i) {
    add_field(key_fields_[i], json);
    append_json_string(key_texts[i], json);
  }
  for (const std::string& field : order_fields_) {
    add_field(field, json);
    json += number;
  }
  return json + "}";
}

}  // namespace columns
}  // namespace v1
}  // namespace sluice
