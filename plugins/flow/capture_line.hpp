// SPDX-License-Identifier: Apache-2.0
// One line of a capture: when its frame was received, and the frame. Knows three shapes: `<integer time> <frame>`,
// `<unix seconds with fraction>: <frame>`, and a bare JSON line, which has no time. Times are exact: decimal digits to
// integer nanoseconds, never through a double. Does not look into the frame.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::flow {

enum class TimeUnit { automatic, nanoseconds, microseconds, milliseconds, seconds };

struct CaptureLine {
  std::optional<int64_t> time_ns;
  std::string_view frame;
};

/// Nothing for a line of no known shape. `automatic` tells the unit of an integer by its size, right from 1973 on.
std::optional<CaptureLine> parse_capture_line(std::string_view line, TimeUnit unit);

}  // namespace sluice::flow
