// SPDX-License-Identifier: Apache-2.0
// Where something stands in the file: line and column, both from 1, columns in characters (not bytes).
// Line 0 means the file as a whole. Placed<T> is a value that remembers where it was written, so that
// whoever finds fault with it later can still point at it.
#pragma once
#include <compare>

namespace sluice::engine {

struct Place {
  int line = 0;
  int column = 0;
  auto operator<=>(const Place&) const = default;
};

template <typename T>
struct Placed {
  T value{};
  Place place;
};

}  // namespace sluice::engine
