// SPDX-License-Identifier: Apache-2.0
// Exact decimals as text: "61837.63000000". Text in, canonical text out: an optional minus, digits without needless
// leading zeros, and, when there are digits behind it, one point; no exponent, no minus on zero. numeric(p,s) has
// exactly s digits behind the point. Nothing is ever rounded, and nothing becomes a double: what does not fit is a
// fault.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "sluice/columns/arena.hpp"
#include "sluice/columns/type.hpp"

namespace sluice {
inline namespace v1 {
namespace columns {

enum class DecimalFault : uint8_t { none, not_a_decimal, too_large, too_fine };

struct Decimal {
  std::string_view text;  ///< canonical; a view of the input where that is canonical already, else of the arena
  DecimalFault fault = DecimalFault::none;
};
/// Accepts [-]digits[.digits][e[+-]digits] with a digit on either side of the point. Plain numeric keeps the digits
/// behind the point as written and is bounded at max_digits on either side of it.
Decimal canonical_decimal(std::string_view text, const Type& numeric, Arena& arena);
constexpr size_t max_digits = 1000;

/// Digit runs of a canonical decimal, as an encoder of binary numerics needs them. 0.05 is {false, "0", "05"}.
struct DecimalParts {
  bool negative = false;
  std::string_view integer;
  std::string_view fraction;
  int32_t scale() const { return static_cast<int32_t>(fraction.size()); }
};
DecimalParts decimal_parts(std::string_view canonical);

/// The decimal times 10^scale as an integer, where it fits: 61837.63 is 6183763.
std::optional<int64_t> unscaled(const DecimalParts& parts);

}  // namespace columns
}  // namespace v1
}  // namespace sluice
