// SPDX-License-Identifier: Apache-2.0
#include "decimal.hpp"

#include <algorithm>

namespace sluice::sim {

std::optional<std::int64_t> parse_decimal(std::string_view text) {
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view places = point == std::string_view::npos ? std::string_view{} : text.substr(point + 1);
  if (whole.empty() || whole.size() > 10 || places.size() > 8) return std::nullopt;
  std::int64_t units = 0;
  for (const char c : whole) {
    if (c < '0' || c > '9') return std::nullopt;
    units = units * 10 + (c - '0');
  }
  for (std::size_t i = 0; i < 8; ++i) {
    const char c = i < places.size() ? places[i] : '0';
    if (c < '0' || c > '9') return std::nullopt;
    units = units * 10 + (c - '0');
  }
  return units;
}

std::string integer_text(Int128 value) {
  const bool negative = value < 0;
  std::string text;
  do {
    const int digit = static_cast<int>(value % 10);
    text += static_cast<char>('0' + (digit < 0 ? -digit : digit));
    value /= 10;
  } while (value != 0);
  if (negative) text += '-';
  std::reverse(text.begin(), text.end());
  return text;
}

std::string decimal_text(Int128 units) {
  std::string text = integer_text(units);
  const std::size_t sign = text[0] == '-' ? 1 : 0;
  if (text.size() - sign < 9) text.insert(sign, 9 - (text.size() - sign), '0');
  text.insert(text.size() - 8, 1, '.');
  return text;
}

}  // namespace sluice::sim
