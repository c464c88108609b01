// SPDX-License-Identifier: Apache-2.0
// Texts as a user writes them in an option's default: numbers with units, and the flow form of lists and maps
// ("[a, b]", "{ first: 1s }"). Just enough for defaults and tests; no quoting, no YAML.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "sluice/testing/value.hpp"

namespace sluice::testing {

/// A whole number with a unit that `kind` (SLUICE_DURATION, SLUICE_SIZE, SLUICE_COUNT, SLUICE_INTEGER) knows.
std::optional<int64_t> parse_number(uint32_t kind, std::string_view text);

/// A list or a map when the text begins with a bracket, else the text itself.
Value parse_flow(std::string_view text);

}  // namespace sluice::testing
