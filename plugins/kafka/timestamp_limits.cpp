// SPDX-License-Identifier: Apache-2.0
#include "timestamp_limits.hpp"

#include <array>
#include <cstdio>
#include <ctime>

namespace sluice::kafka {
namespace {

constexpr int64_t second_ms = 1000;
constexpr int64_t minute_ms = 60 * second_ms;
constexpr int64_t hour_ms = 60 * minute_ms;
constexpr int64_t day_ms = 24 * hour_ms;
constexpr int64_t no_limit_ms = 1000 * 365 * day_ms;
/// What a record may have waited on its way to its first attempt.
constexpr int64_t near_ms = minute_ms;

/// The two largest units: "2d 3h", "1h 2m", "5.006s".
std::string duration(int64_t ms) {
  const auto two = [&](int64_t large, const char* name, int64_t small, const char* small_name) {
    const int64_t rest = ms % large / small;
    std::string text = std::to_string(ms / large) + name;
    if (rest != 0) text += " " + std::to_string(rest) + small_name;
    return text;
  };
  if (ms >= day_ms) return two(day_ms, "d", hour_ms, "h");
  if (ms >= hour_ms) return two(hour_ms, "h", minute_ms, "m");
  if (ms >= minute_ms) return two(minute_ms, "m", second_ms, "s");
  if (ms % second_ms == 0 && ms != 0) return std::to_string(ms / second_ms) + "s";
  return std::to_string(ms) + "ms";
}

std::string clock_text(int64_t ms) {
  int64_t seconds = ms / second_ms;
  int64_t rest = ms % second_ms;
  if (rest < 0) {
    rest += second_ms;
    --seconds;
  }
  const auto time = static_cast<time_t>(seconds);
  std::tm parts{};
  std::array<char, 40> text{};
  if (gmtime_r(&time, &parts) == nullptr || std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts) == 0) {
    return std::to_string(ms) + " ms since 1970";
  }
  std::array<char, 8> fraction{};
  std::snprintf(fraction.data(), fraction.size(), ".%03dZ", static_cast<int>(rest));
  return std::string(text.data()) + fraction.data();
}

/// The difference, also of times so far apart that it does not fit.
int64_t distance(int64_t one, int64_t two) {
  int64_t difference = 0;
  if (__builtin_sub_overflow(one, two, &difference)) return INT64_MAX;
  if (difference == INT64_MIN) return INT64_MAX;
  return difference < 0 ? -difference : difference;
}

std::string limit_text(const TimestampLimits& limits) {
  const auto side = [](const std::optional<int64_t>& ms, const char* where, const char* name) {
    if (!ms || *ms >= no_limit_ms) return std::string();
    return "up to " + duration(*ms) + " " + where + " (" + name + "=" + std::to_string(*ms) + ")";
  };
  const std::string before = side(limits.before_ms, "before", "message.timestamp.before.max.ms");
  const std::string after = side(limits.after_ms, "after", "message.timestamp.after.max.ms");
  if (before.empty() && after.empty()) return "";
  return "; the topic takes times " + before + (before.empty() || after.empty() ? "" : " and ") + after +
         " the broker's clock";
}

}  // namespace

bool is_of_now(int64_t record_ms, int64_t now_ms, const TimestampLimits& limits) {
  const int64_t apart = distance(record_ms, now_ms);
  if (apart <= near_ms) return true;
  const std::optional<int64_t>& limit = record_ms < now_ms ? limits.before_ms : limits.after_ms;
  return limit && apart <= *limit;
}

std::string say_time(int64_t record_ms, int64_t now_ms, const TimestampLimits& limits) {
  const int64_t apart = distance(record_ms, now_ms);
  std::string text = "its time is " + clock_text(record_ms) + ", ";
  if (apart == 0) {
    text += "that of this machine's clock";
  } else {
    text += duration(apart) + (record_ms < now_ms ? " behind" : " ahead of") + " this machine's clock";
  }
  return text + limit_text(limits);
}

}  // namespace sluice::kafka
