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

std::string duration_text(int64_t nanoseconds) {
  const auto value = static_cast<double>(nanoseconds);
  // Each unit ends where rounding to three digits would show a fourth.
  if (nanoseconds < 1'000) return fmt::format("{} ns", nanoseconds);
  if (nanoseconds < 999'500) return fmt::format("{:.3g} us", value / 1e3);
  if (nanoseconds < 999'500'000) return fmt::format("{:.3g} ms", value / 1e6);
  return fmt::format("{:.1f} s", value / 1e9);
}

std::string bytes_text(uint64_t bytes) {
  constexpr uint64_t kib = 1024;
  const auto value = static_cast<double>(bytes);
  if (bytes < kib) return fmt::format("{} B", bytes);
  if (bytes < kib * kib) return fmt::format("{:.4g} KiB", value / kib);
  if (bytes < kib * kib * kib) return fmt::format("{:.4g} MiB", value / (kib * kib));
  return fmt::format("{:.4g} GiB", value / (kib * kib * kib));
}

}  // namespace sluice::engine
