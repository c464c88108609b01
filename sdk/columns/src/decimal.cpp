// SPDX-License-Identifier: Apache-2.0
#include "sluice/columns/decimal.hpp"

#include <cstring>

#include "sluice/flat_json.hpp"

namespace sluice {
inline namespace v1 {
namespace columns {
namespace {

struct Scanned {
  bool negative = false;
  bool ok = false;
  std::string_view integer{};
  std::string_view fraction{};
  bool has_exponent = false;
  int64_t exponent = 0;
};

std::string_view take_digits(std::string_view& text) {
  const auto count =
      static_cast<size_t>(flat_json::end_of_digits(text.data(), text.data() + text.size()) - text.data());
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

Scanned scan(std::string_view text) {
  Scanned out;
  if (!text.empty() && text.front() == '-') {
    out.negative = true;
    text.remove_prefix(1);
  }
  out.integer = take_digits(text);
  if (out.integer.empty()) return out;
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    out.fraction = take_digits(text);
    if (out.fraction.empty()) return out;
  }
  if (!text.empty() && (text.front() == 'e' || text.front() == 'E')) {
    out.has_exponent = true;
    text.remove_prefix(1);
    const bool minus = !text.empty() && text.front() == '-';
    if (minus || (!text.empty() && text.front() == '+')) text.remove_prefix(1);
    const std::string_view digits = take_digits(text);
    if (digits.empty()) return out;
    for (const char digit : digits) {
      // Beyond this every value but zero is out of range anyway; the sum with a length must not overflow.
      if (out.exponent < int64_t{1} << 40) out.exponent = out.exponent * 10 + (digit - '0');
    }
    if (minus) out.exponent = -out.exponent;
  }
  out.ok = text.empty();
  return out;
}

bool all_zero(std::string_view digits) { return digits.find_first_not_of('0') == std::string_view::npos; }

std::string_view without_leading_zeros(std::string_view digits) {
  const size_t first = digits.find_first_not_of('0');
  return first == std::string_view::npos ? digits.substr(digits.size() - 1) : digits.substr(first);
}

/// Moves the point by the exponent, in fresh memory. False when the value would have more digits than allowed.
bool apply_exponent(Scanned& number, Arena& arena) {
  if (all_zero(number.integer) && all_zero(number.fraction)) {
    number.integer = "0";
    const int64_t digits = static_cast<int64_t>(number.fraction.size()) - number.exponent;
    number.fraction = number.fraction.substr(0, static_cast<size_t>(std::max<int64_t>(0, digits)));
    return true;
  }
  const size_t count = number.integer.size() + number.fraction.size();
  const int64_t point = static_cast<int64_t>(number.integer.size()) + number.exponent;
  // Leading zeros and the size of the text itself may add to max_digits; the caller measures again.
  const int64_t limit = static_cast<int64_t>(count + max_digits);
  if (point > limit || point < -limit) return false;
  const size_t before = point > 0 ? 0 : static_cast<size_t>(1 - point);
  const size_t integer_size = point > 0 ? static_cast<size_t>(point) : 1;
  const size_t size = std::max(before + count, integer_size);
  char* digits = arena.take(size);
  std::memset(digits, '0', size);
  std::memcpy(digits + before, number.integer.data(), number.integer.size());
  if (!number.fraction.empty()) {
    std::memcpy(digits + before + number.integer.size(), number.fraction.data(), number.fraction.size());
  }
  number.integer = {digits, integer_size};
  number.fraction = {digits + integer_size, size - integer_size};
  return true;
}

std::string_view compose(const Scanned& number, size_t scale, Arena& arena) {
  const bool minus = number.negative && !(all_zero(number.integer) && all_zero(number.fraction));
  const size_t size = (minus ? 1 : 0) + number.integer.size() + (scale > 0 ? 1 + scale : 0);
  char* const start = arena.take(size);
  char* to = start;
  if (minus) *to++ = '-';
  std::memcpy(to, number.integer.data(), number.integer.size());
  to += number.integer.size();
  if (scale > 0) {
    *to++ = '.';
    const size_t copied = std::min(scale, number.fraction.size());
    if (copied > 0) std::memcpy(to, number.fraction.data(), copied);
    std::memset(to + copied, '0', scale - copied);
  }
  return {start, size};
}

/// The usual: without a sign, an exponent or a zero in front, and with the digits that the type has. False says
/// nothing.
bool is_canonical(std::string_view text, const Type& numeric) {
  const char* const start = text.data();
  const char* const end = start + text.size();
  const char* const point = flat_json::end_of_digits(start, end);
  const auto integer = static_cast<size_t>(point - start);
  if (integer == 0 || (*start == '0' && integer != 1)) return false;
  size_t fraction = 0;
  if (point != end) {
    fraction = static_cast<size_t>(end - point) - 1;
    if (*point != '.' || fraction == 0 || flat_json::end_of_digits(point + 1, end) != end) return false;
  }
  if (numeric.precision == Type::unconstrained) return integer <= max_digits && fraction <= max_digits;
  const auto scale = static_cast<size_t>(numeric.scale);
  return fraction == scale && integer <= static_cast<size_t>(numeric.precision) - scale;
}

}  // namespace

Decimal canonical_decimal(std::string_view text, const Type& numeric, Arena& arena) {
  if (is_canonical(text, numeric)) return {text};
  Scanned number = scan(text);
  if (!number.ok) return {{}, DecimalFault::not_a_decimal};
  if (number.has_exponent && !apply_exponent(number, arena)) {
    return {{}, number.exponent > 0 ? DecimalFault::too_large : DecimalFault::too_fine};
  }
  const size_t integer_as_written = number.integer.size();
  number.integer = without_leading_zeros(number.integer);
  const bool bounded = numeric.precision != Type::unconstrained;
  const size_t scale = bounded ? static_cast<size_t>(numeric.scale) : number.fraction.size();
  const size_t room = bounded ? static_cast<size_t>(numeric.precision) - scale : max_digits;
  const bool integer_is_zero = number.integer == "0";
  if (!integer_is_zero && number.integer.size() > room) return {{}, DecimalFault::too_large};
  if (number.fraction.size() > scale && !all_zero(number.fraction.substr(scale))) return {{}, DecimalFault::too_fine};
  if (scale > max_digits) return {{}, DecimalFault::too_fine};
  const bool as_written =
      !number.has_exponent && number.integer.size() == integer_as_written && number.fraction.size() == scale;
  if (as_written && !(number.negative && integer_is_zero && all_zero(number.fraction))) return {text};
  return {compose(number, scale, arena)};
}

DecimalParts decimal_parts(std::string_view canonical) {
  DecimalParts parts;
  if (canonical.starts_with('-')) {
    parts.negative = true;
    canonical.remove_prefix(1);
  }
  const size_t point = canonical.find('.');
  parts.integer = canonical.substr(0, point);
  if (point != std::string_view::npos) parts.fraction = canonical.substr(point + 1);
  return parts;
}

std::optional<int64_t> unscaled(const DecimalParts& parts) {
  // Negative numbers reach one further than positive ones, so the sum is built below zero.
  int64_t sum = 0;
  for (const std::string_view digits : {parts.integer, parts.fraction}) {
    for (const char digit : digits) {
      if (__builtin_mul_overflow(sum, int64_t{10}, &sum)) return std::nullopt;
      if (__builtin_sub_overflow(sum, int64_t{digit - '0'}, &sum)) return std::nullopt;
    }
  }
  if (parts.negative) return sum;
  if (__builtin_sub_overflow(int64_t{0}, sum, &sum)) return std::nullopt;
  return sum;
}

}  // namespace columns
}  // namespace v1
}  // namespace sluice
