// SPDX-License-Identifier: Apache-2.0
// The JSON that market data mostly is, {"k":1,"p":"61837.63","m":true}: one object without blanks, escapes, nested
// values, exponents or anything beyond ASCII. Walks that form in one pass, several times as fast as a general parser,
// and checks all of it. What it accepts is JSON to the byte; what it does not accept may be JSON all the same, and is
// for a general parser to judge. Never allocates, and reads nothing behind the text.
#pragma once
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "sluice/swar.hpp"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace sluice {
inline namespace v1 {
namespace flat_json {

enum class Kind : uint8_t {
  text,    ///< without its quotes
  number,  ///< digits, perhaps with a minus and a fraction
  boolean,
  null,
};

namespace detail {

/// The first byte that ends a plain text: a quote, a backslash, a control character, a byte beyond ASCII; else `end`.
inline const char* end_of_text(const char* at, const char* end) {
#ifdef __SSE2__
  for (; end - at >= 16; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    // Compared with their signs: bytes beyond ASCII are below zero.
    const __m128i ends = _mm_or_si128(
        _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)),
        _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));
    const auto marks = static_cast<uint32_t>(_mm_movemask_epi8(ends));
    if (marks != 0) return at + std::countr_zero(marks);
  }
#endif
  for (; end - at >= 8; at += 8) {
    const uint64_t word = swar::eight(at);
    // Where a subtraction borrows, a byte may be marked above a true find, never below it.
    const uint64_t control = (word - swar::each(0x20)) & ~word;
    const uint64_t quote = swar::marks_zero(word ^ swar::each('"')) | swar::marks_zero(word ^ swar::each('\\'));
    const uint64_t marks = quote | ((control | word) & swar::high_bits);
    if (marks != 0) return at + (std::countr_zero(marks) >> 3);
  }
  while (at != end && *at != '"' && *at != '\\' && static_cast<uint8_t>(*at - 0x20) < 0x60) ++at;
  return at;
}

}  // namespace detail

/// Behind the last of the digits at `at`, `end` at most.
inline const char* end_of_digits(const char* at, const char* end) {
  for (; end - at >= 8; at += 8) {
    const uint64_t marks = swar::marks_no_digit(swar::eight(at) ^ swar::each('0'));
    if (marks != 0) return at + (std::countr_zero(marks) >> 3);
  }
  while (at != end && static_cast<uint8_t>(*at - '0') < 10) ++at;
  return at;
}

/// Calls `each(key, kind, value)` for every member, in order. False: it is not of this form, and what was called so far
/// means nothing.
template <typename F>
bool walk(std::string_view json, F&& each) {
  if (json.size() < 2 || json.front() != '{' || json.back() != '}') return false;
  const char* at = json.data() + 1;
  const char* const end = json.data() + json.size() - 1;
  if (at == end) return true;
  for (;;) {
    if (*at != '"') return false;
    const char* const key = at + 1;
    // Most keys are one letter, which a quote of their own cannot be.
    const bool is_letter = end - key >= 2 && static_cast<uint8_t>((key[0] | 0x20) - 'a') < 26 && key[1] == '"';
    at = is_letter ? key + 1 : detail::end_of_text(key, end);
    if (*at != '"' || at[1] != ':') return false;
    const std::string_view name(key, static_cast<size_t>(at - key));
    at += 2;
    const char* value = at;
    Kind kind = Kind::text;
    if (*at == '"') {
      value = at + 1;
      at = detail::end_of_text(value, end);
      if (*at != '"') return false;
    } else if (*at == '-' || static_cast<uint8_t>(*at - '0') < 10) {
      kind = Kind::number;
      const char* const digits = at + (*at == '-' ? 1 : 0);
      at = end_of_digits(digits, end);
      if (at == digits || (*digits == '0' && at != digits + 1)) return false;
      if (*at == '.') {
        const char* const fraction = at + 1;
        at = end_of_digits(fraction, end);
        if (at == fraction) return false;
      }
    } else if (end - at >= 4 && std::memcmp(at, "true", 4) == 0) {
      kind = Kind::boolean;
      at += 4;
    } else if (end - at >= 5 && std::memcmp(at, "false", 5) == 0) {
      kind = Kind::boolean;
      at += 5;
    } else if (end - at >= 4 && std::memcmp(at, "null", 4) == 0) {
      kind = Kind::null;
      at += 4;
    } else {
      return false;
    }
    each(name, kind, std::string_view(value, static_cast<size_t>(at - value)));
    if (kind == Kind::text) ++at;
    if (at == end) return true;
    if (*at != ',') return false;
    ++at;
  }
}

/// A whole number of up to 18 digits, as ids and times are; false: anything else, for a general reader to judge.
inline bool read_integer(std::string_view digits, int64_t& number) {
  if (digits.empty() || digits.size() > 18) return false;
  const char* at = digits.data();
  const char* const end = at + digits.size();
  int64_t sum = 0;
  for (; end - at >= 8; at += 8) {
    const uint64_t digits_of_eight = swar::eight(at) ^ swar::each('0');
    if (swar::marks_no_digit(digits_of_eight) != 0) return false;
    const uint64_t halves = swar::fours(digits_of_eight);
    sum = sum * 100'000'000 + static_cast<int64_t>((halves & 0xffff) * 10'000 + (halves >> 32));
  }
  for (; at != end; ++at) {
    const auto digit = static_cast<uint8_t>(*at - '0');
    if (digit > 9) return false;
    sum = sum * 10 + digit;
  }
  number = sum;
  return true;
}

}  // namespace flat_json
}  // namespace v1
}  // namespace sluice
