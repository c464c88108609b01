// SPDX-License-Identifier: Apache-2.0
#include "observe/numbers.hpp"

#include <fmt/format.h>

namespace sluice::engine {

std::string grouped(uint64_t number) {
  const std::string digits = std::to_string(number);
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string rounded_duration(int64_t nanoseconds) {
  const auto value = static_cast<double>(nanoseconds);
  // Each unit ends where rounding to three digits would show a fourth.
  if (nanoseconds < 1'000) return fmt::format("{} ns", nanoseconds);
  if (nanoseconds < 999'500) return fmt::format("{:.3g} us", value / 1e3);
  if (nanoseconds < 999'500'000) return fmt::format("{:.3g} ms", value / 1e6);
  return fmt::format("{:.1f} s", value / 1e9);
}

}  // namespace sluice::engine
