// SPDX-License-Identifier: Apache-2.0
// Pieces of SQL that stores of every kind write alike: names in quotes, and lists. Knows no dialect. Header only.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace sluice {
inline namespace v1 {
namespace columns {

/// A name as SQL takes it whatever it holds.
inline std::string quoted_name(std::string_view name) {
  std::string text = "\"";
  for (const char c : name) {
    if (c == '"') text += '"';
    text += c;
  }
  return text + "\"";
}

/// What `each` gives for 0 to count - 1, with `between` between them.
template <typename Each>
std::string joined(size_t count, std::string_view between, Each&& each) {
  std::string text;
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) text += between;
    text += each(i);
  }
  return text;
}

}  // namespace columns
}  // namespace v1
}  // namespace sluice
