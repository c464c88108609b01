// SPDX-License-Identifier: Apache-2.0
#include "numeric.hpp"

#include "big_endian.hpp"
#include "sluice/swar.hpp"

namespace sluice::timescale {
namespace {

constexpr size_t most_integer_digits = 131072;
constexpr size_t most_fraction_digits = 16383;
constexpr uint16_t negative_sign = 0x4000;

/// Fewer than four digits as one base-10000 digit; `bad` gathers what was no digit.
uint32_t group(const char* digits, size_t count, uint32_t& bad) {
  uint32_t value = 0;
  for (size_t i = 0; i < count; ++i) {
    const uint32_t digit = static_cast<uint32_t>(static_cast<unsigned char>(digits[i])) - '0';
    bad |= static_cast<uint32_t>(digit > 9);
    value = value * 10 + digit;
  }
  return value;
}

/// Exactly four digits, at once.
uint32_t group_of_four(const char* digits, uint32_t& bad) {
  uint32_t word = 0;
  std::memcpy(&word, digits, sizeof word);
  word ^= 0x30303030;
  bad |= static_cast<uint32_t>(swar::marks_no_digit(word));
  return static_cast<uint32_t>(swar::fours(word));
}

constexpr uint32_t tens[] = {1, 10, 100, 1000};

uint64_t digits_at(const char* text) { return swar::eight(text) ^ swar::each('0'); }

/// Two groups, one beside the other in the low half.
uint64_t groups_of_eight(uint64_t digits) {
  const uint64_t fours = swar::fours(digits);
  return (fours | fours >> 16) & 0xffffffff;
}

/// The decimals of markets: up to eight digits before the point and eight behind it, without a sign. All four groups at
/// once, without a branch on what they hold. 0: not of this form.
size_t encode_usual(std::string_view text, uint8_t* to) {
  if (text.size() < 10 || text.size() > 17 || text[text.size() - 9] != '.') return 0;
  const size_t size = text.size() - 9;
  // Zeros come before the digits, and what was read of the fraction too much goes out at the other end.
  const uint64_t integer = digits_at(text.data()) << (64 - 8 * size);
  const uint64_t fraction = digits_at(text.data() + size + 1);
  if ((swar::marks_no_digit(integer) | swar::marks_no_digit(fraction)) != 0) return 0;
  uint64_t groups = groups_of_eight(integer) | groups_of_eight(fraction) << 32;
  put_16(to + 4, 0);
  put_16(to + 6, 8);
  if (groups == 0) {
    put_32(to, 0);
    return 8;
  }
  const int vanished = std::countr_zero(groups) / 16;
  const int count = 4 - vanished - std::countl_zero(groups) / 16;
  put_16(to, static_cast<uint16_t>(count));
  put_16(to + 2, static_cast<uint16_t>(1 - vanished));
  groups >>= 16 * vanished;
  groups = (groups & 0x00ff00ff00ff00ff) << 8 | (groups >> 8 & 0x00ff00ff00ff00ff);
  std::memcpy(to + 8, &groups, sizeof groups);
  return 8 + 2 * static_cast<size_t>(count);
}
static_assert(numeric_room(10) >= 8 + sizeof(uint64_t), "all four groups are written, also where fewer count");

}  // namespace

size_t encode_numeric(std::string_view text, uint8_t* to) {
  if (const size_t size = encode_usual(text, to); size != 0) return size;
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const size_t point = text.find('.');
  std::string_view integer = text.substr(0, point);
  const std::string_view fraction = point == std::string_view::npos ? std::string_view{} : text.substr(point + 1);
  if (integer.empty() || (point != std::string_view::npos && fraction.empty())) return 0;
  while (integer.size() > 1 && integer.front() == '0') integer.remove_prefix(1);
  if (integer.size() > most_integer_digits || fraction.size() > most_fraction_digits) return 0;

  uint32_t bad = 0;
  uint8_t* digits = to + 8;
  int32_t weight = static_cast<int32_t>((integer.size() + 3) / 4) - 1;
  size_t count = 0;
  // Zero groups in front are not stored: they lower the weight.
  const auto put = [&](uint32_t value) {
    if (count == 0 && value == 0) {
      --weight;
      return;
    }
    put_16(digits + 2 * count, static_cast<uint16_t>(value));
    ++count;
  };
  const size_t head = integer.size() % 4;
  if (head != 0) put(group(integer.data(), head, bad));
  for (size_t i = head; i < integer.size(); i += 4) put(group_of_four(integer.data() + i, bad));
  const size_t whole = fraction.size() / 4 * 4;
  for (size_t i = 0; i < whole; i += 4) put(group_of_four(fraction.data() + i, bad));
  if (const size_t tail = fraction.size() - whole; tail != 0) {
    put(group(fraction.data() + whole, tail, bad) * tens[4 - tail]);
  }
  if (bad != 0) return 0;
  while (count > 0 && get_16(digits + 2 * (count - 1)) == 0) --count;
  if (count == 0) weight = 0;
  put_16(to, static_cast<uint16_t>(count));
  put_16(to + 2, static_cast<uint16_t>(weight));
  put_16(to + 4, negative && count > 0 ? negative_sign : uint16_t{0});
  put_16(to + 6, static_cast<uint16_t>(fraction.size()));
  return 8 + 2 * count;
}

}  // namespace sluice::timescale
