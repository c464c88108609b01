// SPDX-License-Identifier: Apache-2.0
// The id of an event in its JSON text. bench_pacer and bench_burst make it of the time at which they wrote the frame,
// so whoever meets the record later knows how long it was on its way. Never parses: takes what the exchange's own order
// of members puts first.
#pragma once
#include <charconv>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <system_error>

namespace sluice::bench {

/// The number of a member called u, t or a, which come before any text that could look so; 0 without one.
inline int64_t id_of(std::string_view value) {
  for (const std::string_view name : {R"("u":)", R"("t":)", R"("a":)"}) {
    const size_t at = value.find(name);
    if (at == std::string_view::npos) continue;
    int64_t id = 0;
    if (std::from_chars(value.data() + at + name.size(), value.data() + value.size(), id).ec == std::errc()) return id;
  }
  return 0;
}

/// Nanoseconds since 1970: what the ids are made of.
inline int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace sluice::bench
