// SPDX-License-Identifier: Apache-2.0
// How long an HTTP answer asks its client to wait: `Retry-After` as a number of seconds or as a date in any of the
// three forms of RFC 9110, 5.6.7. A date counts from the answer's own `Date`, so clocks that differ do not matter, and
// from our clock where there is none. Never less than nothing or more than three days. Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "sluice/net/http_head.hpp"

namespace sluice::net {

constexpr int64_t longest_retry_after_s = 3 * 86'400;

/// Seconds since 1970. `now_s` places years of two digits.
std::optional<int64_t> parse_http_date(std::string_view text, int64_t now_s);

/// 0 when the answer does not ask for a wait.
int64_t retry_after_ns(const HttpHead& head, int64_t now_ns);

}  // namespace sluice::net
