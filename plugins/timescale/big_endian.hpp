// SPDX-License-Identifier: Apache-2.0
// Numbers in the byte order of PostgreSQL's protocol, most significant byte first. Room is the caller's to provide.
#pragma once
#include <bit>
#include <cstdint>
#include <cstring>

namespace sluice::timescale {

static_assert(std::endian::native == std::endian::little, "numbers are swapped without asking");

inline void put_16(uint8_t* to, uint16_t value) {
  const uint16_t swapped = __builtin_bswap16(value);
  std::memcpy(to, &swapped, sizeof swapped);
}
inline void put_32(uint8_t* to, uint32_t value) {
  const uint32_t swapped = __builtin_bswap32(value);
  std::memcpy(to, &swapped, sizeof swapped);
}
inline void put_64(uint8_t* to, uint64_t value) {
  const uint64_t swapped = __builtin_bswap64(value);
  std::memcpy(to, &swapped, sizeof swapped);
}
inline uint16_t get_16(const uint8_t* from) {
  uint16_t value = 0;
  std::memcpy(&value, from, sizeof value);
  return __builtin_bswap16(value);
}

}  // namespace sluice::timescale
