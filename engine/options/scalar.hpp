// SPDX-License-Identifier: Apache-2.0
// One value of a graph, as text with its variables expanded, turned into what an option of a scalar kind holds.
// Pure; the problem's sentence quotes the text, so whoever holds a secret replaces the sentence.
#pragma once
#include <cstdint>
#include <string_view>

#include "graph/parsed.hpp"
#include "options/option_table.hpp"

namespace sluice::engine {

struct Scalar {
  int64_t integer = 0;
  double real = 0;
};

Parsed<Scalar> read_scalar(const sluice_option& option, std::string_view text);

}  // namespace sluice::engine
