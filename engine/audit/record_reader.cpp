// SPDX-License-Identifier: Apache-2.0
#include "audit/record_reader.hpp"

#include <simdjson.h>

#include <algorithm>

#include "sluice/flat_json.hpp"

namespace sluice::engine {

struct RecordReader::Parser {
  simdjson::dom::parser dom;
  std::vector<std::string> texts;
};

RecordReader::RecordReader() = default;
RecordReader::~RecordReader() = default;

int RecordReader::add(const std::string& name) {
  if (name.empty()) return -1;
  const auto known = std::find(names_.begin(), names_.end(), name);
  if (known != names_.end()) return static_cast<int>(known - names_.begin());
  names_.push_back(name);
  return static_cast<int>(names_.size()) - 1;
}

bool RecordReader::read(std::string_view payload) {
  found_.assign(names_.size(), {});
  const bool is_flat =
      flat_json::walk(payload, [this](std::string_view name, flat_json::Kind kind, std::string_view value) {
        if (kind == flat_json::Kind::null) return;
        for (size_t i = 0; i < names_.size(); ++i) {
          if (names_[i] == name) found_[i] = value;
        }
      });
  return is_flat || read_any(payload);
}

bool RecordReader::read_any(std::string_view payload) {
  if (!parser_) parser_ = std::make_unique<Parser>();
  found_.assign(names_.size(), {});
  parser_->texts.assign(names_.size(), {});
  simdjson::dom::element root;
  if (parser_->dom.parse(payload.data(), payload.size()).get(root) != simdjson::SUCCESS || !root.is_object()) {
    return false;
  }
  for (size_t i = 0; i < names_.size(); ++i) {
    simdjson::dom::element value;
    if (root.at_key(names_[i]).get(value) != simdjson::SUCCESS || value.is_null()) continue;
    std::string& text = parser_->texts[i];
    std::string_view string;
    text = value.get_string().get(string) == simdjson::SUCCESS ? std::string(string) : simdjson::to_string(value);
    found_[i] = text;
  }
  return true;
}

}  // namespace sluice::engine
