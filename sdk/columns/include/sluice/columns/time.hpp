// SPDX-License-Identifier: Apache-2.0
// Times as microseconds since 1970 UTC, the resolution that databases keep, from RFC 3339 text or from numbers with a
// unit, and back to text that sorts by time. Years 0001 to 9999. Anything finer than a microsecond is cut towards the
// past. No time zone of the machine is ever looked at. Dates are days since 1970.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "sluice/columns/type.hpp"

namespace sluice {
inline namespace v1 {
namespace columns {

constexpr int64_t earliest_time_us = -62135596800000000;  ///< 0001-01-01T00:00:00Z
constexpr int64_t latest_time_us = 253402300799999999;    ///< 9999-12-31T23:59:59.999999Z

constexpr int64_t us_per_day = 86'400'000'000;
/// The day in UTC that a time is in.
constexpr int64_t day_of(int64_t time_us) { return time_us / us_per_day - (time_us % us_per_day < 0 ? 1 : 0); }

/// "2026-11-22T10:00:00.123456Z", also with an offset or a blank for the T; nothing when it is not a time.
std::optional<int64_t> parse_rfc3339_us(std::string_view text);
/// A number, perhaps with a fraction, of units since 1970.
std::optional<int64_t> parse_epoch_us(std::string_view number, TimeUnit unit);
std::optional<int64_t> epoch_us(int64_t count, TimeUnit unit);

/// "2026-11-22" to the letter; nothing when it is not a date.
std::optional<int64_t> parse_date(std::string_view text);

constexpr size_t rfc3339_us_size = 27;
/// Writes "2026-11-22T10:00:00.123456Z": always 27 bytes. The time must lie between the bounds above.
void write_rfc3339_us(int64_t time_us, char* to);
constexpr size_t date_size = 10;
/// Writes "2026-11-22": always 10 bytes. The day must lie between the bounds above.
void write_date(int64_t day, char* to);

}  // namespace columns
}  // namespace v1
}  // namespace sluice
