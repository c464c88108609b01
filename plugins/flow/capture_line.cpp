// SPDX-License-Identifier: Apache-2.0
#include "capture_line.hpp"

#include <charconv>

namespace sluice::flow {
namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

int64_t nanoseconds_of(TimeUnit unit, int64_t number) {
  switch (unit) {
    case TimeUnit::nanoseconds:
      return 1;
    case TimeUnit::microseconds:
      return 1'000;
    case TimeUnit::milliseconds:
      return 1'000'000;
    case TimeUnit::seconds:
      return 1'000'000'000;
    case TimeUnit::automatic:
      break;
  }
  if (number >= 100'000'000'000'000'000) return 1;
  if (number >= 100'000'000'000'000) return 1'000;
  if (number >= 100'000'000'000) return 1'000'000;
  return 1'000'000'000;
}

std::optional<int64_t> scaled(std::string_view digits, TimeUnit unit) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  int64_t time_ns = 0;
  if (__builtin_mul_overflow(number, nanoseconds_of(unit, number), &time_ns)) return std::nullopt;
  return time_ns;
}

/// The digits behind the point, as nanoseconds; finer ones are cut.
int64_t fraction_ns(std::string_view digits) {
  int64_t ns = 0;
  for (size_t i = 0; i < 9; ++i) ns = ns * 10 + (i < digits.size() ? digits[i] - '0' : 0);
  return ns;
}

size_t digits_from(std::string_view text, size_t from) {
  size_t at = from;
  while (at < text.size() && is_digit(text[at])) ++at;
  return at - from;
}

}  // namespace

std::optional<CaptureLine> parse_capture_line(std::string_view line, TimeUnit unit) {
  if (line.empty()) return std::nullopt;
  if (line.front() == '{' || line.front() == '[') return CaptureLine{std::nullopt, line};
  const size_t whole = digits_from(line, 0);
  if (whole == 0 || whole == line.size()) return std::nullopt;
  if (line[whole] == ' ') {
    const auto time_ns = scaled(line.substr(0, whole), unit);
    if (!time_ns) return std::nullopt;
    return CaptureLine{time_ns, line.substr(whole + 1)};
  }
  size_t colon = whole;
  int64_t fraction = 0;
  if (line[whole] == '.') {
    const size_t size = digits_from(line, whole + 1);
    fraction = fraction_ns(line.substr(whole + 1, size));
    colon = whole + 1 + size;
  }
  if (line.size() < colon + 2 || line[colon] != ':' || line[colon + 1] != ' ') return std::nullopt;
  const auto seconds_ns = scaled(line.substr(0, whole), TimeUnit::seconds);
  int64_t time_ns = 0;
  if (!seconds_ns || __builtin_add_overflow(*seconds_ns, fraction, &time_ns)) return std::nullopt;
  return CaptureLine{time_ns, line.substr(colon + 2)};
}

}  // namespace sluice::flow
