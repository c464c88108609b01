// SPDX-License-Identifier: Apache-2.0
// A row's key as a person reads it, for sentences. Pure.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/columns/mapping.hpp"
#include "sluice/columns/rows.hpp"

namespace sluice {
inline namespace v1 {
namespace columns {

/// " with (symbol, trade_id) = (BTCUSDT, 7)", of these columns; empty without any.
std::string key_words(const Mapping& mapping, const std::vector<size_t>& columns, std::span<const Value> row);
/// Of rows whose key the table has with other values; `first` is what key_words says of the first of them.
std::string different_words(std::string_view table, std::string_view first, uint64_t rows);

}  // namespace columns
}  // namespace v1
}  // namespace sluice
