// SPDX-License-Identifier: Apache-2.0
// One line of what a running graph does now: what is wrong, rates of sources and sinks, what waits and was dropped per
// buffered edge, how long records took and where most of that time went; in this order, as terminals are narrow. Made
// of two Reports, so it knows no clock of its own; pure.
#pragma once
#include <string>

#include "runtime/report.hpp"

namespace sluice::engine {

/// `seconds` lie between the two reports. Cut to `width` characters when that is above 0.
std::string live_line(const Report& before, const Report& now, double seconds, double running_seconds, size_t width);

/// "ready", "connecting: SENTENCE", "blocked: SENTENCE".
std::string status_text(const NodeReport& node);

}  // namespace sluice::engine
