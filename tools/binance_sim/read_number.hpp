// SPDX-License-Identifier: Apache-2.0
// A number that is the whole text, for the arguments of options.
#pragma once
#include <charconv>
#include <string_view>

namespace sluice::sim {

template <typename T>
bool read_number(std::string_view text, T& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace sluice::sim
