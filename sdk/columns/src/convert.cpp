// SPDX-License-Identifier: Apache-2.0
#include "convert.hpp"

#include <simdjson.h>

#include <charconv>
#include <cmath>
#include <limits>

#include "json_check.hpp"
#include "sluice/columns/decimal.hpp"
#include "sluice/columns/time.hpp"
#include "sluice/flat_json.hpp"
#include "sluice/safe_text.hpp"

namespace sluice {
inline namespace v1 {
namespace columns {
namespace {

constexpr std::string_view wrong_type = "column_type";
constexpr std::string_view out_of_range = "column_range";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// JSON's numbers have no leading zeros; the rest of the grammar is checked where the number is read.
bool plain_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.empty() || !is_digit(text.front())) return false;
  return text.front() != '0' || text.size() == 1 || !is_digit(text[1]);
}

template <typename Number>
bool holds(int64_t number) {
  return number >= std::numeric_limits<Number>::min() && number <= std::numeric_limits<Number>::max();
}

Result<void> to_integer(const Column& column, std::string_view text, Value& to) {
  int64_t number = 0;
  std::errc fault{};
  if (!flat_json::read_integer(text, number)) {
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    fault = read.ec;
    if (read.ptr != end || fault == std::errc::invalid_argument) {
      return refused(column, wrong_type, text, "is not a whole number");
    }
  }
  const TypeKind kind = column.type.kind;
  const bool fits =
      fault == std::errc() &&
      (kind == TypeKind::bigint || (kind == TypeKind::integer ? holds<int32_t>(number) : holds<int16_t>(number)));
  if (!fits) return refused(column, out_of_range, text, "does not fit " + type_name(column.type));
  to.integer = number;
  to.kind = ValueKind::integer;
  return {};
}

Result<void> to_decimal(const Column& column, std::string_view text, Arena& arena, Value& to) {
  const Decimal decimal = canonical_decimal(text, column.type, arena);
  switch (decimal.fault) {
    case DecimalFault::none:
      break;
    case DecimalFault::not_a_decimal:
      return refused(column, wrong_type, text, "is not a decimal number");
    case DecimalFault::too_large:
      return refused(column, out_of_range, text, "has too many digits before the point for " + type_name(column.type));
    case DecimalFault::too_fine:
      return refused(column, out_of_range, text,
                     "has more digits behind the point than " + type_name(column.type) + " keeps; nothing is rounded");
  }
  to.text = decimal.text;
  to.kind = ValueKind::decimal;
  return {};
}

/// Rounded once, to the type that the column has.
template <typename Number>
Result<void> to_real(const Column& column, std::string_view text, Value& to) {
  Number number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, fault] = std::from_chars(text.data(), end, number);
  // The library also reads "5.", ".5", "007" and "nan".
  if (stop != end || fault == std::errc::invalid_argument || !is_json_number(text)) {
    return refused(column, wrong_type, text, "is not a number as JSON writes it");
  }
  if (fault != std::errc() || !std::isfinite(number)) {
    return refused(column, out_of_range, text, "does not fit " + type_name(column.type));
  }
  to.real = number;
  to.kind = ValueKind::real;
  return {};
}

Result<void> set_time(std::optional<int64_t> us, const Column& column, std::string_view text, std::string_view why,
                      Value& to) {
  if (!us) return refused(column, wrong_type, text, why);
  const bool is_date = column.type.kind == TypeKind::date;
  to.integer = is_date ? day_of(*us) : *us;
  to.kind = is_date ? ValueKind::date : ValueKind::time;
  return {};
}

/// A number in a text, where the column has a unit for it.
bool is_epoch(const Column& column, std::string_view text) {
  return column.unit != TimeUnit::none && !text.empty() && text.find_first_not_of("-+0123456789.eE") == text.npos;
}

Result<void> to_time(const Column& column, std::string_view number, Arena& arena, Value& to) {
  if (column.unit == TimeUnit::none) {
    return refused(column, wrong_type, number,
                   "is a number, and the column has no unit; give it one, such as unit: ms");
  }
  std::optional<int64_t> us = parse_epoch_us(number, column.unit);
  if (!us && number.find_first_of("eE") != number.npos) {
    const Decimal decimal = canonical_decimal(number, Type{TypeKind::numeric}, arena);
    if (decimal.fault == DecimalFault::none) us = parse_epoch_us(decimal.text, column.unit);
  }
  return set_time(us, column, number, "is not a time between the years 1 and 9999 in the column's unit", to);
}

Result<void> to_date(const Column& column, std::string_view text, Arena& arena, Value& to) {
  if (const std::optional<int64_t> day = parse_date(text)) {
    to.integer = *day;
    to.kind = ValueKind::date;
    return {};
  }
  if (is_epoch(column, text)) return to_time(column, text, arena, to);
  return set_time(parse_rfc3339_us(text), column, text,
                  "is not a date between the years 1 and 9999 such as 2024-08-08, nor a time such as "
                  "2024-08-08T23:54:13.123456Z",
                  to);
}

Result<void> to_text(const Column& column, std::string_view text, Value& to) {
  if (text.find('\0') != std::string_view::npos) {
    return refused(column, out_of_range, text, "holds a NUL character, which text columns cannot keep");
  }
  to.text = text;
  to.kind = ValueKind::text;
  return {};
}

}  // namespace

std::string excerpt(std::string_view text) {
  constexpr size_t most_characters = 48;
  return safe_text(text, most_characters);
}

Error refused(const Column& column, std::string_view code, std::string_view value, std::string_view why) {
  return permanent(
      "column " + column.name + ": " + column.source + " holds '" + excerpt(value) + "', which " + std::string(why),
      std::string(code));
}

Result<void> convert_text(const Column& column, std::string_view text, Arena& arena, Value& to) {
  switch (column.type.kind) {
    case TypeKind::text:
      return to_text(column, text, to);
    case TypeKind::bigint:
    case TypeKind::integer:
    case TypeKind::smallint:
      return to_integer(column, text, to);
    case TypeKind::numeric:
      return to_decimal(column, text, arena, to);
    case TypeKind::double_precision:
      return to_real<double>(column, text, to);
    case TypeKind::real:
      return to_real<float>(column, text, to);
    case TypeKind::date:
      return to_date(column, text, arena, to);
    case TypeKind::timestamptz:
    case TypeKind::timestamp:
      if (is_epoch(column, text)) return to_time(column, text, arena, to);
      return set_time(parse_rfc3339_us(text), column, text,
                      "is not a time between the years 1 and 9999 such as 2024-08-08T23:54:13.123456Z", to);
    case TypeKind::boolean:
      return refused(column, wrong_type, text, "is a text, not true or false");
    case TypeKind::json:
    case TypeKind::jsonb:
      break;
  }
  return refused(column, wrong_type, text, "is a text, not JSON");
}

Result<void> convert_number(const Column& column, std::string_view number, Arena& arena, Value& to) {
  if (!plain_number(number)) return refused(column, wrong_type, number, "is not a JSON value");
  switch (column.type.kind) {
    case TypeKind::bigint:
    case TypeKind::integer:
    case TypeKind::smallint:
      return to_integer(column, number, to);
    case TypeKind::numeric:
      return to_decimal(column, number, arena, to);
    case TypeKind::double_precision:
      return to_real<double>(column, number, to);
    case TypeKind::real:
      return to_real<float>(column, number, to);
    case TypeKind::timestamptz:
    case TypeKind::timestamp:
    case TypeKind::date:
      return to_time(column, number, arena, to);
    case TypeKind::text:
      return refused(column, wrong_type, number, "is a number, not a text");
    case TypeKind::boolean:
      return refused(column, wrong_type, number, "is a number, not true or false");
    case TypeKind::json:
    case TypeKind::jsonb:
      break;
  }
  return refused(column, wrong_type, number, "is a number");
}

Result<void> convert_boolean(const Column& column, bool value, Value& to) {
  if (column.type.kind != TypeKind::boolean) {
    return refused(column, wrong_type, value ? "true" : "false", "is not " + type_name(column.type));
  }
  to.integer = value ? 1 : 0;
  to.kind = ValueKind::boolean;
  return {};
}

Result<void> convert_time_ns(const Column& column, int64_t time_ns, Value& to) {
  if (column.type.kind == TypeKind::bigint) {
    to.integer = time_ns;
    to.kind = ValueKind::integer;
    return {};
  }
  if (!is_time(column.type.kind)) {
    return refused(column, wrong_type, std::to_string(time_ns),
                   "is a time; such a column is timestamptz, timestamp, date or bigint");
  }
  return set_time(epoch_us(time_ns, TimeUnit::nanoseconds), column, std::to_string(time_ns),
                  "is not a time between the years 1 and 9999", to);
}

Result<void> convert_attribute(const Column& column, const sluice_value& value, Arena& arena, Value& to) {
  switch (value.kind) {
    case SLUICE_VALUE_TEXT: {
      const std::string_view text{value.as.text, value.size};
      if (!simdjson::validate_utf8(text)) return refused(column, wrong_type, text, "is not valid UTF-8");
      return convert_text(column, text, arena, to);
    }
    case SLUICE_VALUE_INTEGER: {
      constexpr size_t most = 20;
      char* const digits = arena.take(most);
      const auto written = std::to_chars(digits, digits + most, value.as.integer);
      return convert_number(column, {digits, static_cast<size_t>(written.ptr - digits)}, arena, to);
    }
    case SLUICE_VALUE_TIME:
      return convert_time_ns(column, value.as.integer, to);
    default:
      return convert_nothing(column, false, to);
  }
}

Result<void> convert_nothing(const Column& column, bool is_null, Value& to) {
  to.kind = ValueKind::null;
  if (column.nullable) return {};
  return permanent("column " + column.name + ": " + column.source +
                       (is_null ? " is null, and the column is not nullable" : " is missing from the record"),
                   is_null ? "column_null" : "column_missing");
}

}  // namespace columns
}  // namespace v1
}  // namespace sluice
