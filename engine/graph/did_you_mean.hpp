// SPDX-License-Identifier: Apache-2.0
// Finds the name that was probably meant, by the fewest slips of the keyboard (a letter wrong, missing, too many, or
// two swapped). Answers nothing rather than something far-fetched.
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::engine {

// Empty when none of the candidates is near.
std::string did_you_mean(std::string_view written, std::span<const std::string_view> candidates);
std::string did_you_mean(std::string_view written, const std::vector<std::string>& candidates);

// Slips between two words. Takes time by the product of their lengths: for short ones.
std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace sluice::engine
