// SPDX-License-Identifier: Apache-2.0
// Times of stored records: from payloads, and as text for people, 2026-11-22T10:00:00.123Z. Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sluice/flat_json.hpp"
#include "sluice/rfc3339.hpp"

namespace sluice::engine {

/// Of microseconds since 1970.
inline std::string audit_time(int64_t time_us) {
  char text[27];
  rfc3339::write_micros(rfc3339::split(time_us, 1'000'000), text);
  return std::string(text, 23) + "Z";
}

/// Microseconds since 1970 of a number of milliseconds or microseconds, or of "2026-11-22T10:00:00.123456Z" in UTC with
/// or without a fraction; 0: it is neither. Until the year 5138 milliseconds are less than the limit here, and since
/// 1973 microseconds are more.
inline int64_t read_audit_time(std::string_view text) {
  constexpr int64_t least_us = 100'000'000'000'000;
  int64_t number = 0;
  if (flat_json::read_integer(text, number)) return number < least_us ? number * 1000 : number;
  if (text.size() < 20 || text.size() > rfc3339::nanos_size || text.back() != 'Z') return 0;
  const std::optional<int64_t> seconds = rfc3339::read_seconds(text.substr(0, rfc3339::seconds_size));
  std::string_view fraction = text.substr(rfc3339::seconds_size, text.size() - rfc3339::seconds_size - 1);
  if (!seconds || (!fraction.empty() && (fraction.front() != '.' || fraction.size() < 2))) return 0;
  if (!fraction.empty()) fraction.remove_prefix(1);
  int64_t us = *seconds * 1'000'000;
  int64_t unit = 100'000;
  for (const char digit : fraction) {
    if (digit < '0' || digit > '9') return 0;
    us += (digit - '0') * unit;
    unit /= 10;
  }
  return us;
}

}  // namespace sluice::engine
