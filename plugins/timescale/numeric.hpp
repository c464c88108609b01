// SPDX-License-Identifier: Apache-2.0
// Decimal text to PostgreSQL's binary numeric: groups of four digits behind a weight, a sign and a scale, as
// numeric_recv reads them. Exact for everything that numeric can hold: up to 131072 digits before the point and 16383
// behind it. Texts that are no plain decimal ("NaN", an exponent, no digit) are refused. Never allocates.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sluice::timescale {

/// Bytes that encode_numeric may write for a text of this size.
constexpr size_t numeric_room(size_t text_size) { return 8 + 2 * (text_size / 4 + 2); }

/// Writes the value without a length in front and gives its size; 0 when the text is no decimal or too large.
size_t encode_numeric(std::string_view text, uint8_t* to);

}  // namespace sluice::timescale
