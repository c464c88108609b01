// SPDX-License-Identifier: Apache-2.0
// Numbers to text and back, as the exchange writes them: integers, and decimals with exactly eight places.
// A decimal is an int64 count of 1e-8 units; no double is ever involved.
// The put_ functions write without a terminator and return the end; the caller provides the room (at most 20 and 21
// bytes). parse_decimal refuses signs, exponents, blanks and more than eight places.
#pragma once
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::sim {

__extension__ typedef __int128 Int128;

inline constexpr std::int64_t units_per_one = 100'000'000;

namespace detail {
struct DigitPairs {
  char text[200];
  constexpr DigitPairs() : text() {
    for (int i = 0; i < 100; ++i) {
      text[2 * i] = static_cast<char>('0' + i / 10);
      text[2 * i + 1] = static_cast<char>('0' + i % 10);
    }
  }
};
inline constexpr DigitPairs digit_pairs{};

inline void put_pair(char* out, std::uint32_t value) { std::memcpy(out, digit_pairs.text + 2 * value, 2); }
}  // namespace detail

inline char* put_eight_digits(char* out, std::uint32_t value) {
  const std::uint32_t high = value / 10000;
  const std::uint32_t low = value % 10000;
  detail::put_pair(out, high / 100);
  detail::put_pair(out + 2, high % 100);
  detail::put_pair(out + 4, low / 100);
  detail::put_pair(out + 6, low % 100);
  return out + 8;
}

// For values below 10^8, without leading zeros.
inline char* put_small(char* out, std::uint32_t value) {
  char digits[8];
  put_eight_digits(digits, value);
  int skip = 0;
  while (skip < 7 && digits[skip] == '0') ++skip;
  std::memcpy(out, digits + skip, static_cast<std::size_t>(8 - skip));
  return out + (8 - skip);
}

inline char* put_unsigned(char* out, std::uint64_t value) {
  if (value < 100'000'000) return put_small(out, static_cast<std::uint32_t>(value));
  const std::uint64_t high = value / 100'000'000;
  out = put_unsigned(out, high);
  return put_eight_digits(out, static_cast<std::uint32_t>(value % 100'000'000));
}

inline char* put_decimal(char* out, std::int64_t units) {
  const auto value = static_cast<std::uint64_t>(units);
  const std::uint64_t whole = value / 100'000'000;
  // Nearly every price and quantity has one to five digits before the point.
  if (whole < 10) {
    *out++ = static_cast<char>('0' + whole);
  } else {
    out = put_unsigned(out, whole);
  }
  *out++ = '.';
  return put_eight_digits(out, static_cast<std::uint32_t>(value % 100'000'000));
}

std::optional<std::int64_t> parse_decimal(std::string_view text);

// Eight places, any magnitude: for sums.
std::string decimal_text(Int128 units);

// Plain digits, any magnitude.
std::string integer_text(Int128 value);

}  // namespace sluice::sim
