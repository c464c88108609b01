// SPDX-License-Identifier: Apache-2.0
#include "rfc3339.hpp"

#include <chrono>

namespace sluice::flow {

void write_digits(uint32_t value, uint32_t digits, char* out) {
  for (uint32_t i = digits; i-- > 0;) {
    out[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

void write_seconds(int64_t unix_seconds, char* out) {
  const std::chrono::sys_seconds time{std::chrono::seconds(unix_seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const auto second_of_day = static_cast<uint32_t>((time - day).count());
  write_digits(static_cast<uint32_t>(static_cast<int>(date.year())), 4, out);
  out[4] = '-';
  write_digits(static_cast<unsigned>(date.month()), 2, out + 5);
  out[7] = '-';
  write_digits(static_cast<unsigned>(date.day()), 2, out + 8);
  out[10] = 'T';
  write_digits(second_of_day / 3600, 2, out + 11);
  out[13] = ':';
  write_digits(second_of_day / 60 % 60, 2, out + 14);
  out[16] = ':';
  write_digits(second_of_day % 60, 2, out + 17);
}

void write_micros(int64_t time_ns, char* out) {
  const SplitTime time = split_time(time_ns);
  write_seconds(time.seconds, out);
  out[19] = '.';
  write_digits(time.nanoseconds / 1000, 6, out + 20);
  out[26] = 'Z';
}

void write_nanos(int64_t time_ns, char* out) {
  const SplitTime time = split_time(time_ns);
  write_seconds(time.seconds, out);
  out[19] = '.';
  write_digits(time.nanoseconds, 9, out + 20);
  out[29] = 'Z';
}

}  // namespace sluice::flow
