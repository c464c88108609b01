// SPDX-License-Identifier: Apache-2.0
// Times of stored records as text: 2026-11-22T10:00:00.123Z. Pure.
#pragma once
#include <cstdint>
#include <string>

#include "sluice/rfc3339.hpp"

namespace sluice::engine {

/// Of microseconds since 1970.
inline std::string audit_time(int64_t time_us) {
  char text[27];
  rfc3339::write_micros(rfc3339::split(time_us, 1'000'000), text);
  return std::string(text, 23) + "Z";
}

}  // namespace sluice::engine
