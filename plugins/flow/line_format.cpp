// SPDX-License-Identifier: Apache-2.0
#include "line_format.hpp"

#include "json_text.hpp"
#include "sluice/rfc3339.hpp"

namespace sluice::flow {
namespace {

void append_time(int64_t time_ns, std::string& out) {
  char text[rfc3339::nanos_size];
  rfc3339::write_nanos(time_ns, text);
  out += '"';
  out.append(text, sizeof text);
  out += '"';
}

}  // namespace

LineFormat::LineFormat(Context context, bool is_envelope, Config attributes)
    : is_envelope_(is_envelope),
      reason_slot_(context.attribute("reject_reason")),
      code_slot_(context.attribute("reject_code")),
      node_slot_(context.attribute("reject_node")) {
  for (uint64_t i = 0; i < attributes.size(); ++i) {
    const std::string_view name = attributes[i].text();
    attributes_.push_back({std::string(name), context.attribute(name)});
  }
}

void LineFormat::append(const Record& record, std::string& out) {
  if (is_envelope_) {
    append_envelope(record, out);
  } else {
    append_on_one_line(record.payload(), out);
  }
  out += '\n';
}

void LineFormat::append_envelope(const Record& record, std::string& out) {
  out += '{';
  append_payload(record.payload(), out);
  append_text_member("error", record.text(reason_slot_), out);
  append_text_member("error_code", record.text(code_slot_), out);
  append_text_member("error_node", record.text(node_slot_), out);
  out += ",\"receive_time\":";
  append_time(record.receive_time_ns(), out);
  append_attributes(record, out);
  out += '}';
}

void LineFormat::append_payload(std::string_view payload, std::string& out) {
  if (is_json_object(payload, parser_)) {
    out += "\"payload\":";
    append_on_one_line(payload, out);
  } else if (simdjson::validate_utf8(payload.data(), payload.size())) {
    out += "\"payload\":";
    append_json_string(payload, out);
  } else {
    out += "\"payload_base64\":\"";
    append_base64(payload, out);
    out += '"';
  }
}

void LineFormat::append_text_member(const char* key, std::string_view text, std::string& out) {
  if (text.empty()) return;
  out += ",\"";
  out += key;
  out += "\":";
  append_lossy_json_string(text, out);
}

void LineFormat::append_attributes(const Record& record, std::string& out) {
  if (attributes_.empty()) return;
  out += ",\"attributes\":{";
  bool is_first = true;
  for (const Named& attribute : attributes_) {
    if (attribute.slot < 0) continue;
    const sluice_value& value = record.attribute(attribute.slot);
    if (value.kind == SLUICE_ABSENT) continue;
    if (!is_first) out += ',';
    is_first = false;
    append_lossy_json_string(attribute.name, out);
    out += ':';
    if (value.kind == SLUICE_VALUE_TEXT) {
      append_lossy_json_string(record.text(attribute.slot), out);
    } else if (value.kind == SLUICE_VALUE_TIME) {
      append_time(value.as.integer, out);
    } else {
      out += std::to_string(value.as.integer);
    }
  }
  out += '}';
}

}  // namespace sluice::flow
