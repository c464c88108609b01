// SPDX-License-Identifier: Apache-2.0
// What a graph file may be made of: valid UTF-8 without control characters other than tab and line ends.
// Only looks; never repairs.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::engine {

struct Utf8Problem {
  std::size_t offset = 0;
  std::string sentence;
};

std::optional<Utf8Problem> find_utf8_problem(std::string_view text);

// The number of characters; a byte that is not UTF-8 counts as one.
std::size_t utf8_length(std::string_view text);

}  // namespace sluice::engine
