// SPDX-License-Identifier: Apache-2.0
// What the kafka relay says of itself before anything is opened, for each half: attributes, bounds, capabilities, and
// what is wrong with its options. Pure. `probe` asks the real cluster the same questions.
#pragma once
#include "option_table.hpp"
#include "settings.hpp"

namespace sluice::kafka {

class Relay {
 public:
  static void describe(Config config, Description& description);
};

}  // namespace sluice::kafka
