// SPDX-License-Identifier: Apache-2.0
#include "json_fields.hpp"

namespace sluice::flow {
namespace {

JsonFields::Path split(std::string_view path) {
  JsonFields::Path keys;
  for (size_t dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.')) {
    keys.emplace_back(path.substr(0, dot));
    path.remove_prefix(dot + 1);
  }
  keys.emplace_back(path);
  return keys;
}

}  // namespace

void JsonFields::describe(Config from, Description& to) {
  for (uint64_t i = 0; i < from.size(); ++i) {
    for (const std::string& key : split(from[i].text())) {
      if (!key.empty()) continue;
      to.problem(from[i], "\"" + std::string(from[i].text()) +
                              "\" has an empty key; write the keys from the outside in, such as data.s");
      break;
    }
  }
}

std::vector<JsonFields::Path> JsonFields::paths(Config from) {
  std::vector<Path> paths;
  for (uint64_t i = 0; i < from.size(); ++i) paths.push_back(split(from[i].text()));
  return paths;
}

bool JsonFields::read(std::string_view padded) {
  has_escapes_ = padded.find('\\') != std::string_view::npos;
  const simdjson::padded_string_view view(padded.data(), padded.size(), padded.size() + simdjson::SIMDJSON_PADDING);
  simdjson::ondemand::object root;
  return parser_.iterate(view).get(document_) == simdjson::SUCCESS &&
         document_.get_object().get(root) == simdjson::SUCCESS;
}

bool JsonFields::find(const Path& path, simdjson::ondemand::value& out) {
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
bool JsonFields::find_key(simdjson::ondemand::object& object, const std::string& key, simdjson::ondemand::value& out) {
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

bool JsonFields::to_integer(simdjson::ondemand::value value, int64_t& number) {
  return value.get_int64().get(number) == simdjson::SUCCESS ||
         value.get_int64_in_string().get(number) == simdjson::SUCCESS;
}

}  // namespace sluice::flow
