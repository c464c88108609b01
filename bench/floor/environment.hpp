// SPDX-License-Identifier: Apache-2.0
// What the hand-written programs are told: the same variables that every rival gets (bench/README.md). A missing one is
// the end.
#pragma once
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace sluice::bench {

inline const char* given(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) {
    std::fprintf(stderr, "%s is not set\n", name);
    std::exit(2);
  }
  return value;
}

/// Of ws://127.0.0.1:PORT.
inline uint16_t port_of(std::string_view url) {
  const size_t colon = url.rfind(':');
  return static_cast<uint16_t>(std::atoi(url.data() + colon + 1));
}

}  // namespace sluice::bench
