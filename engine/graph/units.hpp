// SPDX-License-Identifier: Apache-2.0
// Durations, sizes and counts as a graph writes them: a whole number and its unit (2s, 256MiB, 500k).
// Exact integers only, overflow is an error, and every error says what is accepted. The text that the `..._text`
// functions make reads back as the same value.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "parsed.hpp"

namespace sluice::engine {

// Nanoseconds, from ns, us, ms, s, m, h or d. Zero too needs a unit.
Parsed<std::int64_t> parse_duration(std::string_view text);
// Bytes, from B, KB, MB, GB, TB (powers of 1000) or KiB, MiB, GiB, TiB (powers of 1024).
Parsed<std::uint64_t> parse_size(std::string_view text);
// Records and the like: a plain number, or one with k, M or G (thousands, millions, thousand millions).
Parsed<std::uint64_t> parse_count(std::string_view text);
// Of 500,000, which YAML may have taken apart: what to write instead. Empty: the text is no such number.
std::string comma_sentence(std::string_view text);

std::string duration_text(std::int64_t nanoseconds);
std::string size_text(std::uint64_t bytes);
std::string count_text(std::uint64_t count);
// Rounded, for sums that people read: 1.3 GiB. Not meant to be read back.
std::string about_size_text(std::uint64_t bytes);

}  // namespace sluice::engine
