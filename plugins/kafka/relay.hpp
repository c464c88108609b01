// SPDX-License-Identifier: Apache-2.0
// What the kafka relay says of itself before anything is opened, for each half: attributes, bounds, capabilities, and
// what is wrong with its options. Pure. `probe` asks the real cluster the same questions.
#pragma once
#include "option_table.hpp"
#include "probe.hpp"
#include "settings.hpp"
#include "sluice/scan.hpp"

namespace sluice::kafka {

class Relay {
 public:
  static void describe(Config config, Description& description);
  static Result<void> probe(Config config, Description& description) { return probe_cluster(config, description); }
  /// Reads all of the topic: waits for the cluster.
  static Result<void> scan(Config config, const ScanQuery& query, ScanTaker& taker);
};

}  // namespace sluice::kafka
