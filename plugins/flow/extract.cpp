// SPDX-License-Identifier: Apache-2.0
#include "extract.hpp"

#include <cstring>

namespace sluice::flow {
namespace {

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> keys;
  for (size_t dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.')) {
    keys.emplace_back(path.substr(0, dot));
    path.remove_prefix(dot + 1);
  }
  keys.emplace_back(path);
  return keys;
}

bool is_good_path(std::string_view path) {
  for (const std::string& key : split_path(path)) {
    if (key.empty()) return false;
  }
  return true;
}

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
    switch (value_kinds[rule["as"].integer()]) {
      case SLUICE_VALUE_INTEGER:
        to.provides_integer(rule.key());
        break;
      case SLUICE_VALUE_TIME:
        to.provides_time(rule.key());
        break;
      default:
        to.provides_text(rule.key());
    }
    const Config from = rule["from"];
    for (uint64_t p = 0; p < from.size(); ++p) {
      if (!is_good_path(from[p].text()))
        to.problem(from[p], "\"" + std::string(from[p].text()) +
                                "\" has an empty key; write the keys from the outside in, such as data.s");
    }
    if (rule["after"] && rule["as"].integer() != 0)
      to.problem(rule["after"], "after cuts texts only; remove it, or write as: text");
  }
}

Extractor::Extractor(Context context, Config options) : context_(context), payload_key_(options["payload"].text()) {
  const Config attributes = options["attributes"];
  for (uint64_t i = 0; i < attributes.size(); ++i) {
    const Config from = attributes[i];
    const int32_t slot = context.attribute(from.key());
    if (slot < 0) continue;  // nobody reads it
    Rule rule{slot,
              value_kinds[from["as"].integer()],
              units_ns[from["unit"].integer()],
              std::string(from["after"].text()),
              {}};
    for (uint64_t p = 0; p < from["from"].size(); ++p) rule.from.push_back(split_path(from["from"][p].text()));
    rules_.push_back(std::move(rule));
  }
}

std::string_view Extractor::read(std::string_view frame) {
  payload_ = frame;
  has_escapes_ = frame.find('\\') != std::string_view::npos;
  if (payload_key_.empty() && rules_.empty()) return {};
  const simdjson::padded_string_view padded(frame.data(), frame.size(), frame.size() + simdjson::SIMDJSON_PADDING);
  simdjson::ondemand::object root;
  if (parser_.iterate(padded).get(document_) != simdjson::SUCCESS ||
      document_.get_object().get(root) != simdjson::SUCCESS)
    return "the line holds no JSON object";
  if (payload_key_.empty()) return {};
  simdjson::ondemand::value payload;
  simdjson::ondemand::object inner;
  if (!find_key(root, payload_key_, payload) || payload.get_object().get(inner) != simdjson::SUCCESS)
    return "the frame has no object under the key of its payload";
  if (inner.raw_json().get(payload_) != simdjson::SUCCESS) return "the frame is not valid JSON";
  payload_ = trimmed(payload_);
  return {};
}

void Extractor::fill(Record& record, uint32_t index, Batch& batch) {
  record.set_payload(reinterpret_cast<const uint8_t*>(payload_.data()), static_cast<uint32_t>(payload_.size()), index);
  for (const Rule& rule : rules_) {
    for (const Path& path : rule.from) {
      simdjson::ondemand::value value;
      if (find(path, value) && set(rule, value, record, batch)) break;
    }
  }
}

bool Extractor::find(const Path& path, simdjson::ondemand::value& out) {
  document_.rewind();
  simdjson::ondemand::object at;
  if (document_.get_object().get(at) != simdjson::SUCCESS) return false;
  for (size_t i = 0; i < path.size(); ++i) {
    if (!find_key(at, path[i], out)) return false;
    if (i + 1 < path.size() && out.get_object().get(at) != simdjson::SUCCESS) return false;
  }
  return true;
}

/// The parser compares keys as they are written; one with escapes is found by reading them all.
bool Extractor::find_key(simdjson::ondemand::object& object, const std::string& key, simdjson::ondemand::value& out) {
  const simdjson::error_code error = object.find_field_unordered(key).get(out);
  if (error == simdjson::SUCCESS || error != simdjson::NO_SUCH_FIELD || !has_escapes_)
    return error == simdjson::SUCCESS;
  bool has_fields = false;
  if (object.reset().get(has_fields) != simdjson::SUCCESS || !has_fields) return false;
  for (auto field : object) {
    std::string_view name;
    if (field.unescaped_key().get(name) != simdjson::SUCCESS) return false;
    if (name == key) return field.value().get(out) == simdjson::SUCCESS;
  }
  return false;
}

bool Extractor::set(const Rule& rule, simdjson::ondemand::value value, Record& record, Batch& batch) {
  if (rule.kind == SLUICE_VALUE_TEXT) return set_text(rule, value, record, batch);
  int64_t number = 0;
  if (value.get_int64().get(number) != simdjson::SUCCESS &&
      value.get_int64_in_string().get(number) != simdjson::SUCCESS)
    return false;
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
