// SPDX-License-Identifier: Apache-2.0
#include "rest_query.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "target.hpp"

namespace sluice::sim {

RestQuery::RestQuery(std::string_view query) {
  while (!query.empty() && !error_) {
    const std::size_t end = std::min(query.find('&'), query.size());
    if (end > 0) add(query.substr(0, end));
    query.remove_prefix(std::min(end + 1, query.size()));
  }
}

void RestQuery::add(std::string_view pair) {
  const std::size_t equals = std::min(pair.find('='), pair.size());
  const auto name = percent_decode(pair.substr(0, equals));
  const auto value = percent_decode(pair.substr(std::min(equals + 1, pair.size())));
  if (!name || !value) return fail(-1100, "Illegal characters found in a parameter.");
  const auto same = [&](const Parameter& parameter) { return parameter.name == *name; };
  if (std::any_of(parameters_.begin(), parameters_.end(), same))
    return fail(-1101, "Duplicate values for a parameter detected.");
  parameters_.push_back({*name, *value});
}

std::optional<std::string> RestQuery::text(std::string_view name) {
  for (Parameter& parameter : parameters_) {
    if (parameter.name != name) continue;
    parameter.read = true;
    if (!parameter.value.empty()) return parameter.value;
    fail(-1105, fmt::format("Parameter '{}' was empty.", name));
  }
  return std::nullopt;
}

std::optional<std::int64_t> RestQuery::number(std::string_view name) {
  const std::optional<std::string> digits = text(name);
  if (!digits) return std::nullopt;
  if (digits->size() > 20 || digits->find_first_not_of("0123456789") != std::string::npos) {
    fail(-1100, fmt::format("Illegal characters found in parameter '{}'; legal range is '^[0-9]{{1,20}}$'.", name));
    return std::nullopt;
  }
  std::int64_t value = 0;
  if (std::from_chars(digits->data(), digits->data() + digits->size(), value).ec != std::errc()) {
    fail(-1108, fmt::format("Parameter '{}' overflowed.", name));
    return std::nullopt;
  }
  return value;
}

std::string RestQuery::mandatory_symbol() {
  const auto found = std::find_if(parameters_.begin(), parameters_.end(),
                                  [](const Parameter& parameter) { return parameter.name == "symbol"; });
  if (found == parameters_.end() || found->value.empty()) {
    fail(-1102, "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed.");
    return {};
  }
  found->read = true;
  if (is_symbol(found->value)) return found->value;
  fail(-1100, fmt::format("Illegal characters found in parameter 'symbol'; legal range is '{}'.", legal_symbol));
  return {};
}

void RestQuery::end() {
  const auto read = std::count_if(parameters_.begin(), parameters_.end(), [](const Parameter& p) { return p.read; });
  if (static_cast<std::size_t>(read) == parameters_.size()) return;
  fail(-1104, fmt::format("Not all sent parameters were read; read '{}' parameter(s) but was sent '{}'.", read,
                          parameters_.size()));
}

void RestQuery::fail(int code, std::string message) {
  if (!error_) error_ = RestError{code, std::move(message)};
}

bool is_symbol(std::string_view text) {
  return !text.empty() && text.size() <= 50 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' ||
           static_cast<unsigned char>(c) >= 0x80;
  });
}

}  // namespace sluice::sim
