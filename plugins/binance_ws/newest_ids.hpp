// SPDX-License-Identifier: Apache-2.0
// The newest events of a symbol, as the REST interface has them.
#pragma once
#include <cstdint>

namespace sluice::binance {

struct NewestIds {
  int64_t aggregate = 0;
  int64_t trade = 0;  ///< the last that the aggregate folds
};

}  // namespace sluice::binance
