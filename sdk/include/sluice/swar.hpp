// SPDX-License-Identifier: Apache-2.0
// Eight bytes of text at once, in one register: what readers of digits and searches for a byte are made of. The first
// byte is the lowest. A mark is the highest bit of a byte, all other bits are zero.
#pragma once
#include <bit>
#include <cstdint>
#include <cstring>

namespace sluice {
inline namespace v1 {
namespace swar {

static_assert(std::endian::native == std::endian::little, "words are searched from their lowest byte");

constexpr uint64_t each(uint8_t byte) { return byte * 0x0101010101010101u; }
constexpr uint64_t high_bits = each(0x80);

inline uint64_t eight(const char* at) {
  uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}
constexpr uint64_t marks_zero(uint64_t word) { return (word - each(1)) & ~word & high_bits; }
/// Of bytes that are no digit, where a digit's is its value: `text ^ each('0')`.
constexpr uint64_t marks_no_digit(uint64_t values) {
  return (((values & each(0x7f)) + each(0x76)) | values) & high_bits;
}
/// Of digits' values: each byte becomes the number that it makes with the next one, 0 to 99.
constexpr uint64_t pairs(uint64_t values) { return values * 10 + (values >> 8); }
/// Two numbers of four digits, in the low halves of the two words of 32 bits.
constexpr uint64_t fours(uint64_t values) {
  const uint64_t twos = pairs(values) & 0x00ff00ff00ff00ffu;
  return (twos * 100 + (twos >> 16)) & 0x0000ffff0000ffffu;
}

}  // namespace swar
}  // namespace v1
}  // namespace sluice
