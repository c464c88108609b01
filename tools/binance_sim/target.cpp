// SPDX-License-Identifier: Apache-2.0
#include "target.hpp"

#include <algorithm>

namespace sluice::sim {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void add_streams(std::string_view encoded, Target& target) {
  const std::optional<std::string> names = percent_decode(encoded);
  if (!names) {
    target.well_formed = false;
    return;
  }
  for (std::size_t at = 0; at <= names->size();) {
    const std::size_t end = std::min(names->find('/', at), names->size());
    std::string name = names->substr(at, end - at);
    at = end + 1;
    if (name.empty()) continue;
    if (!is_stream_name(name)) target.well_formed = false;
    if (std::find(target.streams.begin(), target.streams.end(), name) == target.streams.end())
      target.streams.push_back(std::move(name));
  }
}

void read_query(std::string_view query, Target& target) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view key = pair.substr(0, equals);
    const std::string_view value = pair.substr(equals + 1);
    if (key == "streams" && target.combined) add_streams(value, target);
    if (key == "timeUnit") target.microseconds = value == "MICROSECOND" || value == "microsecond";
  }
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

bool is_stream_name(std::string_view name) {
  if (name.size() > 1 && name.front() == '!') return true;
  const std::size_t at = name.find('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == name.size()) return false;
  return std::none_of(name.begin(), name.end(),
                      [](char c) { return c == ' ' || c == '"' || c == '\\' || (c >= 0 && c < 0x20); });
}

std::optional<Target> parse_target(std::string_view text) {
  const std::size_t mark = std::min(text.find('?'), text.size());
  std::string_view path = text.substr(0, mark);
  const std::string_view query = text.substr(std::min(mark + 1, text.size()));
  Target target;
  if (path == "/stream" || path == "/stream/") {
    target.combined = true;
  } else if (path.substr(0, 4) == "/ws/") {
    add_streams(path.substr(4), target);
  } else if (path != "/ws") {
    return std::nullopt;
  }
  read_query(query, target);
  return target;
}

}  // namespace sluice::sim
