// SPDX-License-Identifier: Apache-2.0
// What the request line of an upgrade asks for: /ws, /ws/<stream>, /stream, /stream?streams=<a>/<b>, &timeUnit=.
// Decodes percent escapes; never looks a stream up: an unknown but well-formed name is accepted, as the exchange does.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::sim {

struct Target {
  bool combined = false;
  bool microseconds = false;
  std::vector<std::string> streams;
  bool well_formed = true;  // false: some stream name is none
};

// Nothing when the path is not one of the exchange's.
std::optional<Target> parse_target(std::string_view target);

// <symbol>@<what>, or a name that starts with '!'.
bool is_stream_name(std::string_view name);

// Nothing when an escape is cut off or no hexadecimal number.
std::optional<std::string> percent_decode(std::string_view text);

}  // namespace sluice::sim
