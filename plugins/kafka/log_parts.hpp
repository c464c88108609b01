// SPDX-License-Identifier: Apache-2.0
// The partitions of a topic that hold records, for whoever reads them beside a run. Waits for answers of the cluster.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "side_client.hpp"

namespace sluice::kafka {

struct LogPart {
  int32_t number = 0;
  int64_t begin = 0;  ///< of the oldest record that is kept
  int64_t end = 0;    ///< behind the newest that may be read; beyond begin
};

struct LogParts {
  std::vector<LogPart> parts;
  std::optional<Error> trouble;  ///< why others cannot be read now
};

/// No parts and no trouble: the topic is not there, or empty.
Result<LogParts> find_log_parts(const SideClient& client, const std::string& brokers);

}  // namespace sluice::kafka
