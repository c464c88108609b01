// SPDX-License-Identifier: Apache-2.0
#include "row_words.hpp"

#include "sluice/columns/time.hpp"
#include "sluice/safe_text.hpp"
#include "sql.hpp"

namespace sluice::timescale {
namespace {

constexpr size_t longest_value = 48;

std::string words(const columns::Value& value) {
  using columns::ValueKind;
  switch (value.kind) {
    case ValueKind::null:
      break;
    case ValueKind::text:
    case ValueKind::decimal:
      return safe_text(value.text, longest_value);
    case ValueKind::integer:
      return std::to_string(value.integer);
    case ValueKind::boolean:
      return value.integer != 0 ? "true" : "false";
    case ValueKind::time: {
      std::string text(columns::rfc3339_us_size, ' ');
      columns::write_rfc3339_us(value.integer, text.data());
      return text;
    }
    case ValueKind::real:
      return std::to_string(value.real);
  }
  return "NULL";
}

}  // namespace

std::string key_words(const Settings& settings, std::span<const columns::Value> row) {
  if (settings.conflict.empty()) return {};
  return names(settings, settings.conflict) + " = (" +
         columns::joined(settings.conflict.size(), ", ", [&](size_t i) { return words(row[settings.conflict[i]]); }) +
         ")";
}

}  // namespace sluice::timescale
