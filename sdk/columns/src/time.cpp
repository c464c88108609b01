// SPDX-License-Identifier: Apache-2.0
#include "sluice/columns/time.hpp"

#include <algorithm>

#include "sluice/flat_json.hpp"
#include "sluice/rfc3339.hpp"
#include "sluice/swar.hpp"

namespace sluice {
inline namespace v1 {
namespace columns {
namespace {

constexpr int64_t us_per_second = 1'000'000;

__extension__ using Wide = __int128;
/// Ten times as much, in microseconds, still fits.
constexpr Wide most_wide = Wide{1'000'000'000'000'000} * 1'000'000'000'000'000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Days since 1970 in the proleptic Gregorian calendar, whose years are taken to start in March.
int64_t days_from_civil(int64_t year, int64_t month, int64_t day) {
  year -= month <= 2 ? 1 : 0;
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

int64_t days_in_month(int64_t year, int64_t month) {
  constexpr int64_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

/// Reads a fixed layout from the front; any mismatch sticks.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}
  int64_t digits(size_t count) {
    if (text_.size() < count || !std::all_of(text_.begin(), text_.begin() + static_cast<int64_t>(count), is_digit)) {
      failed_ = true;
      return 0;
    }
    int64_t number = 0;
    for (size_t i = 0; i < count; ++i) number = number * 10 + (text_[i] - '0');
    text_.remove_prefix(count);
    return number;
  }
  char one_of(std::string_view choices) {
    if (text_.empty() || choices.find(text_.front()) == std::string_view::npos) {
      failed_ = true;
      return '\0';
    }
    const char taken = text_.front();
    text_.remove_prefix(1);
    return taken;
  }
  bool at(char c) const { return !text_.empty() && text_.front() == c; }
  /// ".123456789": at least one digit, of which the first six count.
  int64_t fraction_us() {
    one_of(".");
    int64_t us = 0;
    size_t count = 0;
    for (; count < text_.size() && is_digit(text_[count]); ++count) {
      if (count < 6) us = us * 10 + (text_[count] - '0');
    }
    if (count == 0) failed_ = true;
    text_.remove_prefix(count);
    for (; count < 6; ++count) us *= 10;
    return us;
  }
  bool done() const { return !failed_ && text_.empty(); }

 private:
  std::string_view text_;
  bool failed_ = false;
};

struct Moment {
  int64_t year, month, day, hour, minute, second, us;
  int64_t offset_minutes = 0;
};

/// "2026-11-22T10:00:00.123456Z" to the letter, as this project writes times: eight bytes at once. False says only that
/// it is not that.
bool read_usual(std::string_view text, Moment& to) {
  constexpr std::string_view layout = "0000-00-00T00:00:00.000000Z";
  if (text.size() != layout.size()) return false;
  // Digits become their values, and what stands between them zero.
  const auto values_at = [&](size_t at) { return swar::eight(text.data() + at) ^ swar::eight(layout.data() + at); };
  const uint64_t date = values_at(0);
  const uint64_t day_and_minute = values_at(8);
  const uint64_t second = values_at(16);
  const uint64_t fraction = values_at(19);
  const uint64_t wrong = (swar::marks_no_digit(date) | (date & 0xff0000ff00000000u)) |
                         (swar::marks_no_digit(day_and_minute) | (day_and_minute & 0x0000ff0000ff0000u)) |
                         (swar::marks_no_digit(second) | (second & 0x00000000ff0000ffu)) |
                         (swar::marks_no_digit(fraction) | (fraction & 0xff000000000000ffu));
  if (wrong != 0) return false;
  const auto two = [](uint64_t values, size_t at) {
    return static_cast<int64_t>(swar::pairs(values) >> 8 * at & 0xff);
  };
  to = {two(date, 0) * 100 + two(date, 2),
        two(date, 5),
        two(day_and_minute, 0),
        two(day_and_minute, 3),
        two(day_and_minute, 6),
        two(second, 1),
        (two(fraction, 1) * 100 + two(fraction, 3)) * 100 + two(fraction, 5)};
  return true;
}

bool read_any(std::string_view text, Moment& to) {
  Reader in(text);
  to.year = in.digits(4);
  in.one_of("-");
  to.month = in.digits(2);
  in.one_of("-");
  to.day = in.digits(2);
  in.one_of("Tt ");
  to.hour = in.digits(2);
  in.one_of(":");
  to.minute = in.digits(2);
  in.one_of(":");
  to.second = in.digits(2);
  to.us = in.at('.') ? in.fraction_us() : 0;
  const char zone = in.one_of("Zz+-");
  to.offset_minutes = 0;
  if (zone == '+' || zone == '-') {
    const int64_t hours = in.digits(2);
    in.one_of(":");
    const int64_t minutes = in.digits(2);
    if (hours > 23 || minutes > 59) return false;
    to.offset_minutes = (hours * 60 + minutes) * (zone == '-' ? -1 : 1);
  }
  return in.done();
}

std::optional<int64_t> in_range(int64_t us) {
  if (us < earliest_time_us || us > latest_time_us) return std::nullopt;
  return us;
}

}  // namespace

std::optional<int64_t> parse_rfc3339_us(std::string_view text) {
  Moment at{};
  if (!read_usual(text, at) && !read_any(text, at)) return std::nullopt;
  if (at.year < 1 || at.month < 1 || at.month > 12 || at.day < 1 || at.day > days_in_month(at.year, at.month)) {
    return std::nullopt;
  }
  // A leap second is the first of the next minute, as databases have it.
  if (at.hour > 23 || at.minute > 59 || at.second > 60) return std::nullopt;
  const int64_t minutes_of_day = at.hour * 60 + at.minute - at.offset_minutes;
  const int64_t seconds_of_day = minutes_of_day * 60 + at.second;
  return in_range(days_from_civil(at.year, at.month, at.day) * us_per_day + seconds_of_day * us_per_second + at.us);
}

std::optional<int64_t> parse_date(std::string_view text) {
  if (text.size() != date_size) return std::nullopt;
  constexpr std::string_view midnight = "T00:00:00Z";
  char time[date_size + midnight.size()];
  std::copy(text.begin(), text.end(), time);
  std::copy(midnight.begin(), midnight.end(), time + date_size);
  const std::optional<int64_t> us = parse_rfc3339_us({time, sizeof time});
  if (!us) return std::nullopt;
  return day_of(*us);
}

std::optional<int64_t> epoch_us(int64_t count, TimeUnit unit) {
  int64_t us = count;
  switch (unit) {
    case TimeUnit::none:
      return std::nullopt;
    case TimeUnit::microseconds:
      break;
    case TimeUnit::nanoseconds:
      us = count / 1000 - (count % 1000 < 0 ? 1 : 0);
      break;
    case TimeUnit::seconds:
      if (__builtin_mul_overflow(count, us_per_second, &us)) return std::nullopt;
      break;
    case TimeUnit::milliseconds:
      if (__builtin_mul_overflow(count, int64_t{1000}, &us)) return std::nullopt;
      break;
  }
  return in_range(us);
}

std::optional<int64_t> parse_epoch_us(std::string_view number, TimeUnit unit) {
  const bool negative = number.starts_with('-');
  if (negative) number.remove_prefix(1);
  const size_t point = number.find('.');
  const std::string_view whole = number.substr(0, point);
  std::string_view fraction;
  if (point != std::string_view::npos) {
    fraction = number.substr(point + 1);
    if (fraction.empty()) return std::nullopt;
  }
  if (whole.empty()) return std::nullopt;
  int64_t count = 0;
  if (fraction.empty() && !negative && flat_json::read_integer(whole, count)) return epoch_us(count, unit);
  // Years up to 9999 in nanoseconds need 68 bits.
  Wide us = 0;
  for (const char c : whole) {
    if (!is_digit(c) || us > most_wide) return std::nullopt;
    us = us * 10 + (c - '0');
  }
  bool finer = false;
  if (unit == TimeUnit::nanoseconds) {
    finer = us % 1000 != 0;
    us /= 1000;
  }
  int places = unit == TimeUnit::seconds ? 6 : unit == TimeUnit::milliseconds ? 3 : 0;
  for (const char c : fraction) {
    if (!is_digit(c)) return std::nullopt;
    if (places > 0) {
      us = us * 10 + (c - '0');
      --places;
    } else {
      finer = finer || c != '0';
    }
  }
  for (; places > 0; --places) us *= 10;
  // Cut towards the past: what is finer than a microsecond takes a negative time one further down.
  if (negative) us = -us - (finer ? 1 : 0);
  if (unit == TimeUnit::none || us < earliest_time_us || us > latest_time_us) return std::nullopt;
  return static_cast<int64_t>(us);
}

void write_rfc3339_us(int64_t time_us, char* to) { rfc3339::write_micros(rfc3339::split(time_us, us_per_second), to); }

void write_date(int64_t day, char* to) {
  char text[rfc3339_us_size];
  write_rfc3339_us(day * us_per_day, text);
  std::copy_n(text, date_size, to);
}

}  // namespace columns
}  // namespace v1
}  // namespace sluice
