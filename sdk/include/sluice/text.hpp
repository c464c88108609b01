// SPDX-License-Identifier: Apache-2.0
// Conversions between the C contract's strings and C++ views. Nothing is copied; the view lives as long as the bytes.
#pragma once
#include <string_view>

#include "sluice/abi.h"

namespace sluice {
inline namespace v1 {

constexpr sluice_str to_str(std::string_view text) { return {text.data(), text.size()}; }
constexpr std::string_view to_view(const sluice_str& text) {
  return text.size == 0 ? std::string_view{} : std::string_view{text.data, text.size};
}

}  // namespace v1
}  // namespace sluice
