// SPDX-License-Identifier: Apache-2.0
// Times as RFC 3339 text in UTC, without locale, time zone data or allocation: years 1 to 9999, of which the engine's
// times in nanoseconds reach from 1677 to 2262. Floors towards the past, and never rounds up. Pure.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice {
inline namespace v1 {
namespace rfc3339 {

constexpr uint32_t seconds_size = 19;  // 2026-11-22T10:00:00
constexpr uint32_t micros_size = 27;   // 2026-11-22T10:00:00.123456Z
constexpr uint32_t nanos_size = 30;    // 2026-11-22T10:00:00.123456789Z

struct SplitTime {
  int64_t seconds;
  uint32_t fraction;  ///< never negative, also before 1970
};
/// `a_second`: how many units of the time are one.
constexpr SplitTime split(int64_t time, int64_t a_second) {
  int64_t seconds = time / a_second;
  int64_t rest = time % a_second;
  if (rest < 0) {
    rest += a_second;
    --seconds;
  }
  return {seconds, static_cast<uint32_t>(rest)};
}

/// Writes `digits` decimal digits, zero-padded; higher digits of `value` are dropped.
inline void write_digits(uint32_t value, uint32_t digits, char* to) {
  for (uint32_t i = digits; i-- > 0;) {
    to[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

/// Writes the 19 characters up to the second.
inline void write_seconds(int64_t unix_seconds, char* to) {
  const std::chrono::sys_seconds time{std::chrono::seconds(unix_seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const auto second_of_day = static_cast<uint32_t>((time - day).count());
  write_digits(static_cast<uint32_t>(static_cast<int>(date.year())), 4, to);
  to[4] = '-';
  write_digits(static_cast<unsigned>(date.month()), 2, to + 5);
  to[7] = '-';
  write_digits(static_cast<unsigned>(date.day()), 2, to + 8);
  to[10] = 'T';
  write_digits(second_of_day / 3600, 2, to + 11);
  to[13] = ':';
  write_digits(second_of_day / 60 % 60, 2, to + 14);
  to[16] = ':';
  write_digits(second_of_day % 60, 2, to + 17);
}

/// The number that the text is, if it is decimal digits and nothing else.
constexpr std::optional<uint32_t> read_digits(std::string_view text) {
  uint32_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<uint32_t>(c - '0');
  }
  return value;
}

/// Reads the 19 characters that write_seconds writes.
inline std::optional<int64_t> read_seconds(std::string_view text) {
  if (text.size() != seconds_size || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' ||
      text[16] != ':') {
    return std::nullopt;
  }
  const auto year = read_digits(text.substr(0, 4)), month = read_digits(text.substr(5, 2)),
             day = read_digits(text.substr(8, 2)), hour = read_digits(text.substr(11, 2)),
             minute = read_digits(text.substr(14, 2)), second = read_digits(text.substr(17, 2));
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)), std::chrono::month(*month),
                                         std::chrono::day(*day)};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  const std::chrono::sys_seconds midnight = std::chrono::sys_days(date);
  return midnight.time_since_epoch().count() + *hour * 3600 + *minute * 60 + *second;
}

/// Reads the 27 characters that write_micros writes; microseconds since 1970.
inline std::optional<int64_t> read_micros(std::string_view text) {
  if (text.size() != micros_size || text[19] != '.' || text.back() != 'Z') return std::nullopt;
  const auto seconds = read_seconds(text.substr(0, seconds_size));
  const auto fraction = read_digits(text.substr(20, 6));
  if (!seconds || !fraction) return std::nullopt;
  return *seconds * 1'000'000 + *fraction;
}

/// Writes 27 characters.
inline void write_micros(SplitTime time_us, char* to) {
  write_seconds(time_us.seconds, to);
  to[19] = '.';
  write_digits(time_us.fraction, 6, to + 20);
  to[26] = 'Z';
}

inline void write_micros(int64_t time_ns, char* to) {
  const SplitTime time = split(time_ns, 1'000'000'000);
  write_micros({time.seconds, time.fraction / 1000}, to);
}

/// Writes 30 characters.
inline void write_nanos(int64_t time_ns, char* to) {
  const SplitTime time = split(time_ns, 1'000'000'000);
  write_seconds(time.seconds, to);
  to[19] = '.';
  write_digits(time.fraction, 9, to + 20);
  to[29] = 'Z';
}

}  // namespace rfc3339
}  // namespace v1
}  // namespace sluice
