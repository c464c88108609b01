// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/retry_after.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string>
#include <vector>

#include "sluice/net/authority.hpp"

namespace sluice::net {
namespace {

constexpr int64_t second_ns = 1'000'000'000;

std::vector<std::string_view> words(std::string_view text) {
  constexpr std::string_view between = " \t,-";
  std::vector<std::string_view> found;
  for (;;) {
    const size_t begin = text.find_first_not_of(between);
    if (begin == std::string_view::npos) return found;
    text.remove_prefix(begin);
    const std::string_view word = text.substr(0, text.find_first_of(between));
    found.push_back(word);
    text.remove_prefix(word.size());
  }
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

std::optional<int> month_of(std::string_view text) {
  constexpr std::string_view months = "janfebmaraprmayjunjulaugsepoctnovdec";
  const size_t at = text.size() == 3 ? months.find(ascii_lower(text)) : std::string_view::npos;
  if (at == std::string_view::npos || at % 3 != 0) return std::nullopt;
  return static_cast<int>(at / 3) + 1;
}

/// 08:49:37
std::optional<int64_t> time_of_day(std::string_view text) {
  if (text.size() != 8 || text[2] != ':' || text[5] != ':') return std::nullopt;
  const auto hours = number(text.substr(0, 2)), minutes = number(text.substr(3, 2)), seconds = number(text.substr(6));
  if (!hours || !minutes || !seconds || *hours > 23 || *minutes > 59 || *seconds > 60) return std::nullopt;
  return *hours * 3600 + *minutes * 60 + *seconds;
}

int64_t year_of(int64_t now_s) {
  using std::chrono::floor, std::chrono::days, std::chrono::seconds;
  const std::chrono::sys_seconds now{seconds(now_s)};
  return int{std::chrono::year_month_day(floor<days>(now)).year()};
}

}  // namespace

std::optional<int64_t> parse_http_date(std::string_view text, int64_t now_s) {
  const std::vector<std::string_view> parts = words(text);
  if (parts.size() < 5 || parts.size() > 6) return std::nullopt;
  // Sun Nov  6 08:49:37 1994, or Sun, 06 Nov 1994 08:49:37 GMT and Sunday, 06-Nov-94 08:49:37 GMT.
  const bool as_in_c = parts.size() == 5;
  if (!as_in_c && parts[5] != "GMT" && parts[5] != "UTC") return std::nullopt;
  const auto month = month_of(parts[as_in_c ? 1 : 2]);
  const auto day = number(parts[as_in_c ? 2 : 1]);
  const std::string_view year_text = parts[as_in_c ? 4 : 3];
  auto year = number(year_text);
  const auto time = time_of_day(parts[as_in_c ? 3 : 4]);
  if (!month || !day || !year || !time) return std::nullopt;
  if (year_text.size() == 2) {
    // More than 50 years ahead means the century before.
    const auto this_year = static_cast<int>(year_of(now_s));
    *year += this_year / 100 * 100;
    if (*year > this_year + 50) *year -= 100;
  }
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count() * int64_t{86'400} + *time;
}

int64_t retry_after_ns(const HttpHead& head, int64_t now_ns) {
  const std::string_view asked = head.first("retry-after");
  if (asked.empty()) return 0;
  int64_t wait_s = 0;
  if (asked.front() >= '0' && asked.front() <= '9') {
    const auto [end, error] = std::from_chars(asked.data(), asked.data() + asked.size(), wait_s);
    if (error == std::errc::result_out_of_range) wait_s = longest_retry_after_s;
  } else {
    const int64_t now_s = now_ns / second_ns;
    const auto until_s = parse_http_date(asked, now_s);
    if (!until_s) return 0;
    wait_s = *until_s - parse_http_date(head.first("date"), now_s).value_or(now_s);
  }
  return std::clamp<int64_t>(wait_s, 0, longest_retry_after_s) * second_ns;
}

}  // namespace sluice::net
