// SPDX-License-Identifier: Apache-2.0
// Times of stored records: from payloads, and as text for people, 2026-11-22T10:00:00.123Z. Pure.
#pragma once
#include <chrono>
#include <cstdint>
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
  if (text.size() < 20 || text.size() > 30 || text.back() != 'Z') return 0;
  constexpr std::string_view form = "dddd-dd-ddTdd:dd:dd";
  for (size_t i = 0; i < form.size(); ++i) {
    const bool is_digit = text[i] >= '0' && text[i] <= '9';
    if (form[i] == 'd' ? !is_digit : text[i] != form[i]) return 0;
  }
  const auto at = [&](size_t from, size_t count) {
    int value = 0;
    for (size_t i = from; i < from + count; ++i) value = value * 10 + (text[i] - '0');
    return value;
  };
  using namespace std::chrono;
  const year_month_day day{year{at(0, 4)}, month{static_cast<unsigned>(at(5, 2))},
                           std::chrono::day{static_cast<unsigned>(at(8, 2))}};
  if (!day.ok() || at(11, 2) > 23 || at(14, 2) > 59 || at(17, 2) > 59) return 0;
  int64_t fraction_us = 0;
  const std::string_view fraction = text.substr(form.size(), text.size() - form.size() - 1);
  if (!fraction.empty()) {
    if (fraction.front() != '.' || fraction.size() < 2) return 0;
    int64_t unit = 100'000;
    for (const char digit : fraction.substr(1)) {
      if (digit < '0' || digit > '9') return 0;
      fraction_us += (digit - '0') * unit;
      unit /= 10;
    }
  }
  const auto time = sys_days(day) + hours(at(11, 2)) + minutes(at(14, 2)) + seconds(at(17, 2));
  return duration_cast<microseconds>(time.time_since_epoch()).count() + fraction_us;
}

}  // namespace sluice::engine
