// SPDX-License-Identifier: Apache-2.0
#include "extract.hpp"

#include <cstring>

namespace sluice::flow {
namespace {

constexpr uint32_t value_kinds[] = {SLUICE_VALUE_TEXT, SLUICE_VALUE_INTEGER, SLUICE_VALUE_TIME};
constexpr int64_t units_ns[] = {1, 1'000, 1'000'000, 1'000'000'000};

std::string_view trimmed(std::string_view token) {
  const size_t end = token.find_last_not_of(" \t\r\n");
  return end == std::string_view::npos ? std::string_view{} : token.substr(0, end + 1);
}

}  // namespace

void Extractor::describe(Config options, Description& to) {
  if (options["payload"] && options["payload"].text().empty())
    to.problem(options["payload"],
               "payload is empty; name a key of the frame, or leave it out to take the whole frame");
  const Config attributes = options["attributes"];
  for (uint64_t i = 0; i < attributes.size(); ++i) {
    const Config rule = attributes[i];
    // A line without the field has no such attribute.
    switch (value_kinds[rule["as"].integer()]) {
      case SLUICE_VALUE_INTEGER:
        to.may_provide_integer(rule.key());
        break;
      case SLUICE_VALUE_TIME:
        to.may_provide_time(rule.key());
        break;
      default:
        to.may_provide_text(rule.key());
    }
    JsonFields::describe(rule["from"], to);
    if (rule["after"] && rule["as"].integer() != 0)
      to.problem(rule["after"], "after cuts texts only; remove it, or write as: text");
  }
}

Extractor::Extractor(Context context, Config options) : context_(context) {
  if (options["payload"]) payload_path_.emplace_back(options["payload"].text());
  const Config attributes = options["attributes"];
  for (uint64_t i = 0; i < attributes.size(); ++i) {
    const Config from = attributes[i];
    const int32_t slot = context.attribute(from.key());
    if (slot < 0) continue;  // nobody reads it
    Rule rule{slot, value_kinds[from["as"].integer()], units_ns[from["unit"].integer()],
              std::string(from["after"].text()), JsonFields::paths(from["from"])};
    rules_.push_back(std::move(rule));
  }
}

std::string_view Extractor::read(std::string_view frame) {
  payload_ = frame;
  if (payload_path_.empty() && rules_.empty()) return {};
  if (!fields_.read(frame)) return "the line holds no JSON object";
  if (payload_path_.empty()) return {};
  simdjson::ondemand::value payload;
  simdjson::ondemand::object inner;
  if (!fields_.find(payload_path_, payload) || payload.get_object().get(inner) != simdjson::SUCCESS)
    return "the frame has no object under the key of its payload";
  if (inner.raw_json().get(payload_) != simdjson::SUCCESS) return "the frame is not valid JSON";
  payload_ = trimmed(payload_);
  return {};
}

void Extractor::fill(Record& record, uint32_t index, Batch& batch) {
  record.set_payload(reinterpret_cast<const uint8_t*>(payload_.data()), static_cast<uint32_t>(payload_.size()), index);
  for (const Rule& rule : rules_) {
    for (const JsonFields::Path& path : rule.from) {
      simdjson::ondemand::value value;
      if (fields_.find(path, value) && set(rule, value, record, batch)) break;
    }
  }
}

bool Extractor::set(const Rule& rule, simdjson::ondemand::value value, Record& record, Batch& batch) {
  if (rule.kind == SLUICE_VALUE_TEXT) return set_text(rule, value, record, batch);
  int64_t number = 0;
  if (!JsonFields::to_integer(value, number)) return false;
  if (rule.kind == SLUICE_VALUE_INTEGER) {
    record.set_integer(rule.slot, number);
    return true;
  }
  if (__builtin_mul_overflow(number, rule.unit_ns, &number)) return false;
  record.set_time(rule.slot, number);
  return true;
}

bool Extractor::set_text(const Rule& rule, simdjson::ondemand::value value, Record& record, Batch& batch) {
  std::string_view token = trimmed(value.raw_json_token());
  if (token.empty() || token == "null" || token.front() == '{' || token.front() == '[') return false;
  if (token.front() == '"') {
    token = token.substr(1, token.size() - 2);
    if (token.find('\\') != std::string_view::npos) {
      std::string_view plain;
      if (value.get_string().get(plain) != simdjson::SUCCESS) return false;
      const Buffer copy = context_.new_buffer(plain.size());
      std::memcpy(copy.data(), plain.data(), plain.size());
      batch.pin(copy);
      token = {reinterpret_cast<const char*>(copy.data()), plain.size()};
    }
  }
  if (!rule.after.empty()) {
    const size_t mark = token.find(rule.after);
    if (mark == std::string_view::npos) return false;
    token.remove_prefix(mark + rule.after.size());
  }
  record.set_text(rule.slot, token);
  return true;
}

}  // namespace sluice::flow
