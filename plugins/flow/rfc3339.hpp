// SPDX-License-Identifier: Apache-2.0
// Times as RFC 3339 text in UTC, from integer nanoseconds since 1970, without locale, time zone data or allocation.
// Covers the whole range of the engine's times (1677 to 2262), floors toward the past, and never rounds up.
#pragma once
#include <cstdint>

namespace sluice::flow {

constexpr uint32_t seconds_text_size = 19;  // 2026-11-22T10:00:00
constexpr uint32_t micros_text_size = 27;   // 2026-11-22T10:00:00.123456Z
constexpr uint32_t nanos_text_size = 30;    // 2026-11-22T10:00:00.123456789Z

struct SplitTime {
  int64_t seconds;
  uint32_t nanoseconds;  ///< 0 to 999999999, also before 1970
};
constexpr SplitTime split_time(int64_t time_ns) {
  int64_t seconds = time_ns / 1'000'000'000;
  int64_t rest = time_ns % 1'000'000'000;
  if (rest < 0) {
    rest += 1'000'000'000;
    --seconds;
  }
  return {seconds, static_cast<uint32_t>(rest)};
}

/// Writes `digits` decimal digits, zero-padded; higher digits of `value` are dropped.
void write_digits(uint32_t value, uint32_t digits, char* out);
/// Writes the 19 characters up to the second.
void write_seconds(int64_t unix_seconds, char* out);
/// Writes 27 characters.
void write_micros(int64_t time_ns, char* out);
/// Writes 30 characters.
void write_nanos(int64_t time_ns, char* out);

}  // namespace sluice::flow
