// SPDX-License-Identifier: Apache-2.0
// Durations for sentences: "3 s", "0.5 s". Rounded to tenths. Pure.
#pragma once
#include <cstdint>
#include <string>

namespace sluice::net {

inline std::string seconds(int64_t ns) {
  const int64_t tenths = (ns + 50'000'000) / 100'000'000;
  return std::to_string(tenths / 10) + (tenths % 10 != 0 ? "." + std::to_string(tenths % 10) : "") + " s";
}

}  // namespace sluice::net
