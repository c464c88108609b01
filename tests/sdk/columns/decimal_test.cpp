// SPDX-License-Identifier: Apache-2.0
// Decimals stay exact: by table, and at random against a reference that only moves characters.
#include "sluice/columns/decimal.hpp"

#include <limits>
#include <random>
#include <string>

#include "catch.hpp"

using namespace sluice::columns;

namespace {

constexpr Type numeric_20_8{TypeKind::numeric, 20, 8};
constexpr Type numeric_5_0{TypeKind::numeric, 5, 0};
constexpr Type plain{TypeKind::numeric};

std::string text_of(std::string_view text, const Type& type) {
  Arena arena;
  const Decimal decimal = canonical_decimal(text, type, arena);
  switch (decimal.fault) {
    case DecimalFault::none:
      return std::string(decimal.text);
    case DecimalFault::not_a_decimal:
      return "not a decimal";
    case DecimalFault::too_large:
      return "too large";
    case DecimalFault::too_fine:
      return "too fine";
  }
  return "?";
}

/// The value as characters: point moved by the exponent, zeros cut from both ends. The slow, obvious way.
std::string reference(bool negative, std::string digits, int64_t point) {
  while (point < 0) digits.insert(digits.begin(), '0'), ++point;
  while (point > static_cast<int64_t>(digits.size())) digits += '0';
  std::string integer = digits.substr(0, static_cast<size_t>(point));
  std::string fraction = digits.substr(static_cast<size_t>(point));
  while (!integer.empty() && integer.front() == '0') integer.erase(integer.begin());
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  const bool zero = integer.empty() && fraction.empty();
  if (integer.empty()) integer = "0";
  return (negative && !zero ? "-" : "") + integer + (fraction.empty() ? "" : "." + fraction);
}

std::string cut_zeros(std::string text) {
  if (text.find('.') == std::string::npos) return text;
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

}  // namespace

TEST_CASE("a bounded decimal has exactly its scale") {
  CHECK(text_of("61837.63000000", numeric_20_8) == "61837.63000000");
  CHECK(text_of("61837.63", numeric_20_8) == "61837.63000000");
  CHECK(text_of("61837", numeric_20_8) == "61837.00000000");
  CHECK(text_of("0061837.63", numeric_20_8) == "61837.63000000");
  CHECK(text_of("0.000000010", numeric_20_8) == "0.00000001");
  CHECK(text_of("-0.1", numeric_20_8) == "-0.10000000");
  CHECK(text_of("-0", numeric_20_8) == "0.00000000");
  CHECK(text_of("-0.00000000", numeric_20_8) == "0.00000000");
  CHECK(text_of("999999999999.99999999", numeric_20_8) == "999999999999.99999999");
  CHECK(text_of("00042", numeric_5_0) == "42");
  CHECK(text_of("42.000", numeric_5_0) == "42");
}

TEST_CASE("nothing is rounded") {
  CHECK(text_of("0.000000001", numeric_20_8) == "too fine");
  CHECK(text_of("1.123456789", numeric_20_8) == "too fine");
  CHECK(text_of("1000000000000", numeric_20_8) == "too large");
  CHECK(text_of("42.5", numeric_5_0) == "too fine");
  CHECK(text_of("123456", numeric_5_0) == "too large");
  CHECK(text_of("0.5", Type{TypeKind::numeric, 3, 3}) == "0.500");
  CHECK(text_of("1.5", Type{TypeKind::numeric, 3, 3}) == "too large");
}

TEST_CASE("an unbounded decimal keeps its digits as written") {
  CHECK(text_of("1.50", plain) == "1.50");
  CHECK(text_of("007.10", plain) == "7.10");
  CHECK(text_of("-0.0", plain) == "0.0");
  CHECK(text_of("123456789012345678901234567890.000000000000000000000000000001", plain) ==
        "123456789012345678901234567890.000000000000000000000000000001");
  CHECK(text_of(std::string(1000, '9'), plain) == std::string(1000, '9'));
  CHECK(text_of(std::string(1001, '9'), plain) == "too large");
  CHECK(text_of("0." + std::string(1001, '3'), plain) == "too fine");
}

TEST_CASE("exponents move the point") {
  CHECK(text_of("1e3", plain) == "1000");
  CHECK(text_of("1.5E+3", plain) == "1500");
  CHECK(text_of("1.2345e2", plain) == "123.45");
  CHECK(text_of("1e-3", plain) == "0.001");
  CHECK(text_of("-12.5e-1", plain) == "-1.25");
  CHECK(text_of("0e999999999999999999999", plain) == "0");
  CHECK(text_of("0.00e-2", numeric_20_8) == "0.00000000");
  CHECK(text_of("5e-8", numeric_20_8) == "0.00000005");
  CHECK(text_of("5e-9", numeric_20_8) == "too fine");
  CHECK(text_of("50e-9", numeric_20_8) == "0.00000005");
  CHECK(text_of("1e12", numeric_20_8) == "too large");
  CHECK(text_of("1e99999999999999999999", plain) == "too large");
  CHECK(text_of("1e-99999999999999999999", plain) == "too fine");
}

TEST_CASE("what is no decimal is refused") {
  for (const char* text : {"", "-", ".", "1.", ".5", "+1", "1e", "1e+", "--1", "1.2.3", "1,5", " 1", "1 ", "NaN",
                           "Infinity", "0x10", "1_000", "\xd9\xa1"}) {
    INFO(text);
    CHECK(text_of(text, plain) == "not a decimal");
    CHECK(text_of(text, numeric_20_8) == "not a decimal");
  }
}

TEST_CASE("a canonical text is not copied") {
  Arena arena;
  const std::string_view text = "61837.63000000";
  CHECK(canonical_decimal(text, numeric_20_8, arena).text.data() == text.data());
}

TEST_CASE("random decimals equal the reference") {
  std::mt19937 random(20260101);
  const auto pick = [&](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
  Arena arena;
  for (int round = 0; round < 20'000; ++round) {
    if (round % 100 == 0) arena.reset();
    std::string digits;
    for (int i = 1 + pick(24); i > 0; --i) digits += static_cast<char>('0' + (pick(3) == 0 ? 0 : pick(10)));
    const size_t point = 1 + static_cast<size_t>(pick(static_cast<int>(digits.size())));
    const bool negative = pick(2) == 0;
    const int exponent = pick(2) == 0 ? 0 : pick(41) - 20;
    std::string text = (negative ? "-" : "") + digits.substr(0, point);
    if (point < digits.size()) text += "." + digits.substr(point);
    if (exponent != 0) text += "e" + std::to_string(exponent);
    INFO(text);
    const std::string expected = reference(negative, digits, static_cast<int64_t>(point) + exponent);
    const Decimal unbounded = canonical_decimal(text, plain, arena);
    REQUIRE(unbounded.fault == DecimalFault::none);
    CHECK(cut_zeros(std::string(unbounded.text)) == expected);

    const Decimal bounded = canonical_decimal(text, numeric_20_8, arena);
    const DecimalParts parts = decimal_parts(expected);
    const bool large = parts.integer.size() > 12;
    const bool fine = parts.fraction.size() > 8;
    CHECK((bounded.fault == DecimalFault::none) == (!large && !fine));
    if (bounded.fault == DecimalFault::none) {
      CHECK(cut_zeros(std::string(bounded.text)) == expected);
      CHECK(decimal_parts(bounded.text).scale() == 8);
      CHECK(canonical_decimal(bounded.text, numeric_20_8, arena).text == bounded.text);
    }
  }
}

TEST_CASE("parts and the unscaled integer serve an encoder") {
  const DecimalParts parts = decimal_parts("-0.05");
  CHECK(parts.negative);
  CHECK(parts.integer == "0");
  CHECK(parts.fraction == "05");
  CHECK(parts.scale() == 2);
  CHECK(unscaled(parts) == -5);
  CHECK(unscaled(decimal_parts("61837.63000000")) == 6183763000000);
  CHECK(unscaled(decimal_parts("9223372036854775807")) == std::numeric_limits<int64_t>::max());
  CHECK(unscaled(decimal_parts("-9223372036854775808")) == std::numeric_limits<int64_t>::min());
  CHECK(!unscaled(decimal_parts("9223372036854775808")).has_value());
  CHECK(!unscaled(decimal_parts("999999999999.99999999")).has_value());
}
