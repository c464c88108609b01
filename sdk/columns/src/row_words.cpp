// SPDX-License-Identifier: Apache-2.0
#include "sluice/columns/row_words.hpp"

#include "sluice/columns/sql.hpp"
#include "sluice/columns/time.hpp"
#include "sluice/safe_text.hpp"

namespace sluice {
inline namespace v1 {
namespace columns {
namespace {

constexpr size_t longest_value = 48;

std::string words(const Value& value) {
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
      std::string text(rfc3339_us_size, ' ');
      write_rfc3339_us(value.integer, text.data());
      return text;
    }
    case ValueKind::date: {
      std::string text(date_size, ' ');
      write_date(value.integer, text.data());
      return text;
    }
    case ValueKind::real:
      return std::to_string(value.real);
  }
  return "NULL";
}

}  // namespace

std::string key_words(const Mapping& mapping, const std::vector<size_t>& columns, std::span<const Value> row) {
  if (columns.empty()) return {};
  const auto list = [&](auto&& each) { return "(" + joined(columns.size(), ", ", each) + ")"; };
  return " with " + list([&](size_t i) { return mapping.columns()[columns[i]].name; }) + " = " +
         list([&](size_t i) { return words(row[columns[i]]); });
}

std::string different_words(std::string_view table, std::string_view first, uint64_t rows) {
  return "the record" + std::string(first) + " has other values than the row with this key in table " +
         std::string(table) + "; the table keeps its row" +
         (rows == 1 ? "" : " (and " + std::to_string(rows - 1) + " more like it)");
}

}  // namespace columns
}  // namespace v1
}  // namespace sluice
