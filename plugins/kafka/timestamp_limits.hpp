// SPDX-License-Identifier: Apache-2.0
// A record that a broker refuses for its time: whether the record is to blame or a clock, and the sentence that says
// so. A broker takes times from `before` before to `after` after its own clock. Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

namespace sluice::kafka {

struct TimestampLimits {
  std::optional<int64_t> before_ms{};  ///< message.timestamp.before.max.ms; nothing: the cluster would not say
  std::optional<int64_t> after_ms{};   ///< message.timestamp.after.max.ms
};

/// The record's time is that of this machine's clock, or one that the topic takes by this machine's clock: then records
/// to come are refused like this one, and the clocks or the limits are what must change.
bool is_of_now(int64_t record_ms, int64_t now_ms, const TimestampLimits& limits);
/// "its time is 2026-11-28T15:04:05.006Z, 2h ahead of this machine's clock; the topic takes ...".
std::string say_time(int64_t record_ms, int64_t now_ms, const TimestampLimits& limits);

}  // namespace sluice::kafka
